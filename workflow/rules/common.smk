# The config, and the functions that name files. Nothing here reads a recording.
import json
import os
import sys
from pathlib import Path

from kmtalk_align import dag
from kmtalk_align.errors import KMTalkError
from kmtalk_align.files import check_writable, encode_id
from kmtalk_model import dag as model_dag

HERE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))

# One config file stands alone: the demo's is read only where none is given.
if not workflow.configfiles:

    configfile: HERE / "../config/demo.yaml"


try:
    dag.check_config(config, HERE / "../schemas/config.schema.yaml", Path("results"))
    model_dag.check_encoders(
        config, config.get("features", []), Path("results"), where="config, features"
    )
    EXPERIMENTS = model_dag.experiments_of(config, HERE / "../experiments")
    for who, run in model_dag.runs_of(config, EXPERIMENTS):
        dag.check_run(config, run, Path("results"), where=who)
    model_dag.check_training(config, EXPERIMENTS, Path("results"))
    model_dag.check_show(config)
    dag.check_utterances(config["corpus"], config.get("show", []), where="config, show")
    ROOT = dag.corpus_root(config["corpus"])
    CONVERTED = dag.conversion_mark(config["corpus"])
    # Once for all rules: it looks at every file of the corpus.
    FINGERPRINT = dag.corpus_fingerprint(config["corpus"])
except KMTalkError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(1)

CORPUS = config["corpus"]["name"]
RESULTS = Path("results") / CORPUS
SHARDS = dag.shard_names(config["corpus"]["shards"])
STUDY = model_dag.study_of(config)
RUNS = list(
    dict.fromkeys(
        [f"{run['asr']}.{run['aligner']}.{run['selector']}" for run in config["runs"]]
        + [run.name for run in (STUDY.runs if STUDY else ())]
    )
)
CORRECTIONS = config.get("corrections")
OUTSIDE = dag.own_environment(config["aligner"])
SHOWN = [encode_id(one) for one in config.get("show", [])]
BY_SPEAKER = dag.by_speaker(config["aligner"])
TRAINED = dag.trained(config["aligner"])

# What jobs find in their environment: the commands of the environment that runs Snakemake, activated or not, and kmtalk
# by its path, for jobs in an environment that lacks it; a mark by which `make recover` finds those that outlive a killed
# Snakemake; where the project lies, for envs/; and where the corpus and the experiments lie, which is no part of what is
# made of them: as a param, it would have all made again where they move.
os.environ.update(
    PATH=os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    ),
    KMTALK_COMMAND=str(Path(sys.executable).parent / "kmtalk"),
    KMTALK_WORKFLOW=os.getcwd(),
    KMTALK_ROOT=str(ROOT),
    KMTALK_HOME=str(HERE.parents[1].resolve()),
    KMTALK_EXPERIMENTS=str(EXPERIMENTS.folder.resolve()),
)


# Snakemake clears old logs first, and where it can't, ends in a traceback.
onstart:
    try:
        check_writable(RESULTS / "any")
    except KMTalkError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


wildcard_constraints:
    asr="[a-z0-9_-]+",
    aligner="[a-z0-9_-]+",
    selector="[a-z0-9_-]+",
    encoder="[a-z0-9_-]+",
    experiment=r"[a-z0-9_-]+(\.[a-z0-9_-]+\.[a-z0-9_-]+\.[a-z0-9_-]+)?",
    stage="[a-z_]+",
    split="[A-Za-z0-9_-]+",
    shard=r"\d{5}-of-\d{5}",
    speaker="[A-Za-z0-9_~%-]+",
    utterance="[^/]+",


def one_of(names):
    """The constraint of a wildcard to some names; none of them matches nothing."""
    return "|".join(sorted(names)) or "(?!)"


def block(kind):
    """The config block that a wildcard names, as the JSON that the command takes."""

    def of(wildcards):
        return json.dumps(config[kind][wildcards[kind]], sort_keys=True)

    return of


def all_key_frames():
    return [
        RESULTS / "keyframes" / run / f"{shard}.parquet"
        for run in RUNS
        for shard in SHARDS
    ]


def all_features():
    return [
        RESULTS / "features" / encoder / f"{shard}.safetensors"
        for encoder in config.get("features", [])
        for shard in SHARDS
    ]


def all_aligned(folder, name):
    """A table of every alignment of the runs and every shard."""
    aligned = dict.fromkeys(run.rpartition(".")[0] for run in RUNS)
    return [
        RESULTS / folder / one / name.format(shard=shard)
        for one in aligned
        for shard in SHARDS
    ]


def all_transcripts():
    """Every transcript that an alignment of the runs is made of."""
    named = [run.split(".") for run in RUNS]
    return [
        RESULTS / "transcripts" / asr / f"{shard}.parquet"
        for asr in dict.fromkeys(
            asr
            for asr, aligner, _ in named
            if config["aligner"][aligner]["backend"] != "textgrid"
        )
        for shard in SHARDS
    ]


def all_shard_tables(wildcards):
    """The tables of the corpus, which only the checkpoint makes."""
    checkpoints.prepare.get()
    return [RESULTS / "corpus" / f"{shard}.parquet" for shard in SHARDS]


def shard_table(wildcards):
    """The shard's table. Only the checkpoint knows whether it has to be written anew, so it is asked first."""
    checkpoints.prepare.get()
    return RESULTS / "corpus" / f"{wildcards.shard}.parquet"


def speaker_table(wildcards):
    """The speaker's table, which only the checkpoint knows to be new or not."""
    checkpoints.speakers.get(asr=wildcards.asr)
    return RESULTS / "speakers" / wildcards.asr / f"{wildcards.speaker}.parquet"


def speakers_of_shard(pattern):
    """What `align_speaker` makes of each speaker in a shard: the files of `pattern` under speakers/<asr>.<aligner>/."""

    def of(wildcards):
        listed = checkpoints.speakers.get(asr=wildcards.asr).output[0]
        folder = RESULTS / "speakers" / f"{wildcards.asr}.{wildcards.aligner}"
        return [
            folder / pattern.format(speaker=speaker)
            for speaker in dag.speakers_of_shard(Path(listed).parent, wildcards.shard)
        ]

    return of


def aligner_jobs(wildcards):
    return config["aligner"][wildcards.aligner].get("jobs", 1)


def transcripts_of_shard(wildcards):
    """What is said in a shard; the user's own TextGrids need none."""
    if config["aligner"][wildcards.aligner]["backend"] == "textgrid":
        return []
    return RESULTS / "transcripts" / wildcards.asr / f"{wildcards.shard}.parquet"


def training_transcripts(wildcards):
    """What is said in the whole corpus, by the recogniser that an aligner is trained on."""
    asr = config["aligner"][wildcards.aligner]["train"]["transcripts"]
    return [RESULTS / "transcripts" / asr / f"{shard}.parquet" for shard in SHARDS]


def trained_model(wildcards):
    """The model of an aligner that is trained on the corpus."""
    if wildcards.aligner not in TRAINED:
        return []
    return RESULTS / "aligners" / wildcards.aligner / "model.viter"


def own_textgrids(wildcards):
    """The user's own TextGrids of a shard, where the aligner reads such."""
    return dag.textgrids_of_shard(
        config["aligner"][wildcards.aligner].get("folder"), wildcards.shard
    )


def corrections(wildcards):
    """The corrected TextGrids of a shard."""
    return dag.textgrids_of_shard(CORRECTIONS, wildcards.shard)
