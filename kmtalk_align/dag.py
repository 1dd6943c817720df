"""What the Snakemake workflow asks of the package before any job runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kmtalk_align import align, blocks, keyframes, parse, prepare, speakers, train_aligner, transcribe
from kmtalk_align.aligners import aligner_config
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.asr import recogniser_config
from kmtalk_align.corpora import conversion, conversion_of, corpus_config
from kmtalk_align.errors import ConfigError
from kmtalk_align.quality import report
from kmtalk_align.selectors import selector
from kmtalk_align.shards import shard_name, shard_names, shard_of

__all__ = [
    "VERSIONS",
    "by_speaker",
    "check_config",
    "check_run",
    "check_utterances",
    "conversion_mark",
    "corpus_fingerprint",
    "corpus_root",
    "given_times_fingerprint",
    "own_environment",
    "shard_names",
    "speakers_of_shard",
    "textgrids_of_shard",
    "trained",
]

# Keys of a corpus block that may be the path of a list, be it there or not.
_LISTS = ("include", "exclude")

# The version of each step: a step whose result changes raises its own, and only what it makes is made again.
VERSIONS = {
    "convert": conversion.VERSION,
    "prepare": prepare.VERSION,
    "transcribe": transcribe.VERSION,
    "align": align.VERSION,
    "train_aligner": train_aligner.VERSION,
    "speakers": speakers.VERSION,
    "gather": speakers.GATHER_VERSION,
    "parse": parse.VERSION,
    "keyframes": keyframes.VERSION,
    "quality": report.VERSION,
}


def corpus_root(corpus: Mapping[str, Any]) -> Path:
    """The folder of a corpus block; the demo's is made where it isn't there yet. Raises ConfigError, CorpusError."""
    return corpus_config(corpus).root_folder()


def conversion_mark(corpus: Mapping[str, Any]) -> Path | None:
    """The file that says that a corpus block's conversion has ended; None where nothing has to be converted."""
    config = corpus_config(corpus)
    return config.root_folder() / conversion.CONVERTED_FILE if conversion_of(config) else None


def corpus_fingerprint(corpus: Mapping[str, Any]) -> str:
    """Whether a corpus must be looked at again, or converted again: see `prepare.fingerprint`."""
    root = Path(corpus["root"]) if conversion_mark(corpus) else corpus_root(corpus)
    return prepare.fingerprint(root, tuple(_files_beside(corpus)))


def given_times_fingerprint(corpus: Mapping[str, Any]) -> str:
    """Whether the word and phone times that come with a corpus have changed: likewise."""
    if conversion_mark(corpus):
        return corpus_fingerprint(corpus)
    root = corpus_root(corpus)
    return " ".join(prepare.fingerprint(root / tier) for tier in ("words", "phones"))


def _files_beside(corpus: Mapping[str, Any]) -> Iterator[Path]:
    """The files that a corpus block, or a mapping inside it, names by path: lists of utterances, masks, regions."""
    for key in sorted(corpus):
        value = corpus[key]
        if isinstance(value, Mapping):
            yield from _files_beside(value)
        elif key != "root" and isinstance(value, str) and (key in _LISTS or Path(value).is_file()):
            yield Path(value)


def check_config(config: Mapping[str, Any], schema: Path, results: Path) -> None:
    """Raise ConfigError where a config breaks the schema or names a block that isn't there.

    Raises ArtefactError where a block made artefacts under the folder `results` with other settings: it is asked here,
    before Snakemake deletes what it is about to make again.
    """
    check_schema(config, schema)
    corrections = config.get("corrections")
    if corrections is not None and not Path(corrections).is_dir():
        raise ConfigError(
            "there is no such folder", where=f"config, corrections: {corrections}", fix="make it, or drop the key"
        )
    for number, run in enumerate(config["runs"], start=1):
        check_run(config, run, results, where=f"config, runs, number {number}")


def check_run(config: Mapping[str, Any], run: Mapping[str, str], results: Path, *, where: str) -> None:
    """Raise ConfigError where a run names a block that isn't there; `where` says who wants the run.

    Raises ArtefactError as `check_config` does.
    """
    makers = {"asr": recogniser_config, "aligner": aligner_config, "selector": selector}
    made = {}
    for kind, make in makers.items():
        if run[kind] not in config[kind]:
            raise ConfigError(
                f"there is no {kind} block {run[kind]!r}",
                where=where,
                fix=f"choose from: {', '.join(config[kind])}",
            )
        made[kind] = make(config[kind][run[kind]])
    for kind, folder in _folders_of(run, results / config["corpus"]["name"]):
        blocks.check_block(folder, made[kind])
    _check_training(config, run["aligner"], results / config["corpus"]["name"])


def _check_training(config: Mapping[str, Any], aligner: str, results: Path) -> None:
    """As `check_run`, for the transcripts that an aligner is trained on."""
    if aligner not in trained(config["aligner"]):
        return
    asr = config["aligner"][aligner]["train"]["transcripts"]
    if asr not in config["asr"]:
        raise ConfigError(
            f"there is no asr block {asr!r}",
            where=f"config, aligner, {aligner}, train, transcripts",
            fix=f"choose from: {', '.join(config['asr'])}",
        )
    blocks.check_block(results / "transcripts" / asr, recogniser_config(config["asr"][asr]))


def check_utterances(corpus: Mapping[str, Any], utterances: Sequence[str], *, where: str) -> None:
    """Raise ConfigError where one of `utterances` is none of a corpus block. Raises CorpusError where that is none.

    A corpus that has yet to be converted can't be asked.
    """
    mark = conversion_mark(corpus)
    if not utterances or (mark is not None and not mark.is_file()):
        return
    known = corpus_config(corpus).open().utterance_ids
    for one in utterances:
        if one not in known:
            near = get_close_matches(one, known) or [*known[:3], "..."]
            raise ConfigError(f"the corpus has no utterance {one!r}", where=where, fix=f"it has: {', '.join(near)}")


def check_schema(config: Mapping[str, Any], schema: Path) -> None:
    """Raise ConfigError, naming the key, where a config breaks the JSON schema in the YAML file `schema`."""
    import yaml
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(yaml.safe_load(schema.read_text(encoding="utf-8"))).iter_errors(config))
    if error is not None:
        key = ".".join(str(part) for part in error.absolute_path)
        raise ConfigError(
            error.message, where=f"config, {key or 'top level'}", fix=f"every key is explained in {schema.resolve()}"
        )


def _folders_of(run: Mapping[str, str], results: Path) -> list[tuple[str, Path]]:
    """The folders whose artefacts each block of a run makes."""
    aligned = f"{run['asr']}.{run['aligner']}"
    return [
        ("asr", results / "transcripts" / run["asr"]),
        ("aligner", results / "speakers" / aligned),
        ("aligner", results / "textgrids" / aligned),
        ("aligner", results / "aligners" / run["aligner"]),
        ("selector", results / "keyframes" / f"{aligned}.{run['selector']}"),
    ]


def own_environment(aligners: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The aligner blocks whose program lives outside this environment."""
    return [name for name, block in aligners.items() if block["backend"] == "mfa"]


def by_speaker(aligners: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The aligner blocks that adapt to a speaker, and so need a speaker's speech together."""
    default = MfaConfig.speaker_adaptation
    return [name for name in own_environment(aligners) if aligners[name].get("speaker_adaptation", default)]


def trained(aligners: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The aligner blocks that are trained on the corpus."""
    return [name for name, block in aligners.items() if block.get("train")]


def speakers_of_shard(folder: Path, shard: str) -> list[str]:
    """The speakers who say the utterances of a shard, as parts of a path: from the list that `speakers` wrote."""
    members: dict[str, list[str]] = json.loads((folder / speakers.LIST_FILE).read_bytes())
    return members[shard]


def textgrids_of_shard(folder: str | None, shard: str) -> list[str]:
    """The TextGrids of a user's folder that belong to the utterances of a shard, sorted; [] where there is no folder.

    A file may carry the id as it stands or percent-encoded; one that reads both ways counts for both.
    """
    if folder is None or not Path(folder).is_dir():
        return []
    shards = int(shard.rpartition("-")[2])
    return sorted(
        str(path)
        for path in Path(folder).glob("*.TextGrid")
        if any(shard_name(shard_of(stem, shards), shards) == shard for stem in {path.stem, unquote(path.stem)})
    )
