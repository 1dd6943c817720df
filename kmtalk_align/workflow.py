"""What the Snakemake workflow asks of the package before any job runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kmtalk_align import align, blocks, keyframes, parse, prepare, transcribe
from kmtalk_align.aligners import aligner_config
from kmtalk_align.asr import recogniser_config
from kmtalk_align.errors import ConfigError
from kmtalk_align.selectors import selector
from kmtalk_align.shards import shard_name, shard_names, shard_of

__all__ = ["VERSIONS", "check_blocks", "corpus_fingerprint", "corpus_root", "shard_names", "textgrids_of_shard"]

# The version of each step: a step whose result changes raises its own, and only what it makes is made again.
VERSIONS = {
    "prepare": prepare.VERSION,
    "transcribe": transcribe.VERSION,
    "align": align.VERSION,
    "parse": parse.VERSION,
    "keyframes": keyframes.VERSION,
}


def corpus_root(corpus: Mapping[str, Any]) -> Path:
    """The folder of a corpus block. Raises ConfigError where it has none and is not the demo."""
    if corpus["type"] == "demo":
        from kmtalk_align.corpora.demo import DEMO_ROOT

        return DEMO_ROOT
    if "root" not in corpus:
        raise ConfigError("has no root", where="corpus block", fix="set corpus.root to the folder of the data set")
    return Path(corpus["root"])


def corpus_fingerprint(corpus: Mapping[str, Any]) -> str:
    """Whether `prepare` must look at the corpus again: see `prepare.fingerprint`."""
    lists = [Path(value) for key in ("include", "exclude") if isinstance(value := corpus.get(key), str)]
    return prepare.fingerprint(corpus_root(corpus), tuple(lists))


def check_blocks(config: Mapping[str, Any], results: Path) -> None:
    """Raise where a run names a block that isn't there, a block is malformed, or made artefacts with other settings.

    The last is asked here, before Snakemake deletes what it is about to make again.
    """
    makers = {"asr": recogniser_config, "aligner": aligner_config, "selector": selector}
    for number, run in enumerate(config["runs"], start=1):
        made = {}
        for kind, make in makers.items():
            name = run[kind]
            if name not in config[kind]:
                raise ConfigError(
                    f"there is no {kind} block {name!r}",
                    where=f"config, runs, number {number}",
                    fix=f"choose from: {', '.join(config[kind])}",
                )
            made[kind] = make(config[kind][name])
        folders = {
            "asr": results / "transcripts" / run["asr"],
            "aligner": results / "textgrids" / f"{run['asr']}.{run['aligner']}",
            "selector": results / "keyframes" / f"{run['asr']}.{run['aligner']}.{run['selector']}",
        }
        for kind, folder in folders.items():
            blocks.check_block(folder, made[kind])


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
