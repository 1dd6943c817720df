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


def records_of(stages):
    """What made trained stages, and how they came out."""
    return [
        RESULTS / "runs" / one.experiment / one.stage / "stage.json" for one in stages
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


def keys_of(experiment):
    """The key frames that an experiment goes by, under `runs` in the config or not."""
    keys = EXPERIMENTS[experiment].keys
    return [RESULTS / "keyframes" / keys.name / f"{shard}.parquet" for shard in SHARDS]


def keys_of_experiment(wildcards):
    return keys_of(wildcards.experiment)


def alignments_of(experiment):
    """The phones in time, by which the closing of the lips is measured."""
    aligned = EXPERIMENTS[experiment].keys.name.rpartition(".")[0]
    return [RESULTS / "alignments" / aligned / f"{shard}.parquet" for shard in SHARDS]


def alignments_of_experiment(wildcards):
    return alignments_of(wildcards.experiment)


def scored_on(suffix, experiments):
    """The evaluations of experiments, and the values of clips beside them."""
    return {
        kind: [
            RESULTS / "evaluation" / f"{name}{suffix}.{kind}" for name in experiments
        ]
        for kind in ("json", "parquet")
    }


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


def all_comparisons():
    """A comparison of all experiments on val, and of those that are tested on each other split."""
    suffixes = [""] if config.get("train") else []
    suffixes += [
        f".{split}" for split, names in config.get("test", {}).items() if names
    ]
    return [
        RESULTS / "tables" / f"comparison{suffix}.{kind}"
        for suffix in suffixes
        for kind in ("html", "svg", "csv", "md")
    ]


def all_curves():
    return [RESULTS / "curves" / f"{name}.svg" for name in config.get("train", [])]


def all_robustness():
    return [
        RESULTS / "tables" / f"robustness.{kind}"
        for kind in (("html", "svg", "csv", "md") if STUDY else ())
    ]


def all_shown():
    """Of each utterance that the config shows: a video and a figure by each experiment, and a page of all."""
    by_experiment = [
        RESULTS / folder / name / f"{one}.{kind}"
        for folder, kind in (("videos", "mp4"), ("figures", "png"))
        for name in config.get("train", [])
        for one in SHOWN
    ]
    return by_experiment + [RESULTS / "viewer" / f"{one}.html" for one in SHOWN]
