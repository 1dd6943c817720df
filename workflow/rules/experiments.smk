# The functions that name files of experiments.


def templates(wildcards):
    """The neutral meshes, which only the checkpoint knows to be new or not."""
    checkpoints.prepare.get()
    return RESULTS / "corpus/templates.safetensors"


def mesh(wildcards):
    """What the corpus says of its mesh; corpus.json itself is written anew each time the corpus is looked at."""
    return model_dag.mesh_digest(Path(checkpoints.prepare.get().output[0]))


def this_stage(wildcards):
    return model_dag.TrainedStage(wildcards.experiment, wildcards.stage)


def weights_of(stages):
    """The weights of trained stages."""
    return [
        RESULTS / "runs" / one.experiment / one.stage / "model.safetensors"
        for one in stages
    ]


def features_of(encoders):
    """What is cached of encoders: features, and what the CTC network among them heard."""
    return [
        RESULTS / "features" / encoder / f"{shard}.{kind}"
        for encoder in encoders
        for shard in SHARDS
        for kind in ("safetensors", "status.parquet")
    ]


def transcripts_of(recognisers):
    return [
        RESULTS / "transcripts" / asr / f"{shard}.parquet"
        for asr in recognisers
        for shard in SHARDS
    ]


def keys_of_experiment(wildcards):
    """The key frames that an experiment goes by, under `runs` in the config or not."""
    keys = EXPERIMENTS[wildcards.experiment].keys
    return [RESULTS / "keyframes" / keys.name / f"{shard}.parquet" for shard in SHARDS]


def alignments_of_experiment(wildcards):
    """The phones in time, by which the closing of the lips is measured."""
    aligned = EXPERIMENTS[wildcards.experiment].keys.name.rpartition(".")[0]
    return [RESULTS / "alignments" / aligned / f"{shard}.parquet" for shard in SHARDS]


def all_evaluations():
    tested = [
        f"{name}.{split}"
        for split, names in config.get("test", {}).items()
        for name in names
    ]
    return [
        RESULTS / "evaluation" / f"{name}.json"
        for name in [*config.get("train", []), *tested]
    ]
