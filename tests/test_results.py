"""results.py: who gave a transcript."""

from __future__ import annotations

from pathlib import Path

from kmtalk_align.asr import recogniser_config
from kmtalk_align.blocks import hold_to_block
from kmtalk_align.quality.collect import collect
from kmtalk_align.results import Results, Shard
from tests.made_results import shard

OTHERWISE = {"backend": "reference", "otherwise": {"backend": "faster_whisper"}}


def mixed(folder: Path) -> Path:
    """Two shards by a recogniser that speaks for two, and by one that hears all; the words differ."""
    for name, one, model, given in (("0", "given", "reference", "one two"), ("1", "heard", "m", None)):
        shard(folder, name, one, run="both.x.p", model=model, reference=given, heard="one two")
        shard(folder, name, one, run="a.x.p", reference=given, heard="one too")
    hold_to_block(folder / "transcripts" / "both", recogniser_config(OTHERWISE))
    return folder


def test_what_was_heard_is_known_for_each_utterance_and_the_order_of_recognisers_for_all_shards(tmp_path: Path) -> None:
    results = Results.open(mixed(tmp_path))
    first, second = (Shard(results, name) for name in results.shards)
    assert (first.heard("both", "given"), second.heard("both", "heard")) == (False, True)
    assert not first.listens("both")
    assert not second.listens("both")
    assert first.listens("a")
    assert first.heard("a", "given")


def test_only_what_was_heard_twice_counts_as_disagreement_of_recognisers(tmp_path: Path) -> None:
    quality = collect(mixed(tmp_path), None)
    rates = {clip.utterance_id: clip.recogniser_disagreement for clips in quality.clips.values() for clip in clips}
    assert rates == {"given": None, "heard": 0.5}
    assert not any(clip.lacks_transcript for clips in quality.clips.values() for clip in clips)
