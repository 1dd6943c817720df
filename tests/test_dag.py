"""dag.py: what Snakemake asks before any job runs."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align import blocks
from kmtalk_align.aligners import aligner_config
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.asr import recogniser_config
from kmtalk_align.dag import (
    by_speaker,
    check_config,
    check_utterances,
    corpus_fingerprint,
    corpus_root,
    own_environment,
    textgrids_of_shard,
    trained,
)
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.files import encode_id, find_for_id
from kmtalk_align.selectors import selector
from kmtalk_align.shards import shard_name, shard_names, shard_of

SCHEMA = Path(__file__).parents[1] / "workflow" / "schemas" / "config.schema.yaml"


def config(**changes: Any) -> dict[str, Any]:
    return {
        "corpus": {"name": "demo", "type": "demo", "shards": 2},
        "asr": {"given": {"backend": "reference"}},
        "aligner": {"ps": {"backend": "pocketsphinx"}},
        "selector": {"ph": {"kind": "phoneme"}, "un": {"kind": "uniform", "rate": 0.25}},
        "runs": [
            {"asr": "given", "aligner": "ps", "selector": "ph"},
            {"asr": "given", "aligner": "ps", "selector": "un"},
        ],
    } | changes


def corpus(folder: Path) -> dict[str, Any]:
    (folder / "wav").mkdir(exist_ok=True)
    (folder / "wav" / "a.wav").write_bytes(b"12345")
    os.utime(folder / "wav" / "a.wav", ns=(10**18, 10**18))
    return {"name": "small", "type": "folder", "root": str(folder)}


def test_blocks_that_made_nothing_yet_are_fine(tmp_path: Path) -> None:
    check_config(config(), SCHEMA, tmp_path)
    assert not list(tmp_path.iterdir())


def test_blocks_that_made_the_artefacts_are_fine(tmp_path: Path) -> None:
    whole = config()
    made = tmp_path / "demo"
    blocks.hold_to_block(made / "transcripts" / "given", recogniser_config(whole["asr"]["given"]))
    blocks.hold_to_block(made / "textgrids" / "given.ps", aligner_config(whole["aligner"]["ps"]))
    blocks.hold_to_block(made / "keyframes" / "given.ps.ph", selector(whole["selector"]["ph"]))
    check_config(whole, SCHEMA, tmp_path)


@pytest.mark.parametrize("kind", ["asr", "aligner", "selector"])
def test_a_run_that_names_no_block_is_an_error_that_lists_the_blocks(tmp_path: Path, kind: str) -> None:
    run = {"asr": "given", "aligner": "ps", "selector": "ph"} | {kind: "nameless"}
    with pytest.raises(ConfigError) as caught:
        check_config(config(runs=[run]), SCHEMA, tmp_path)
    assert f"there is no {kind} block 'nameless'" in str(caught.value)
    assert f"choose from: {', '.join(config()[kind])}" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "name", "block", "key"),
    [
        ("asr", "given", {"backend": "reference", "speed": 2}, "speed"),
        ("aligner", "ps", {"backend": "pocketsphinx", "beam": 1}, "beam"),
        ("selector", "un", {"kind": "uniform", "ratio": 0.25}, "ratio"),
        ("asr", "given", {"backend": "whispr"}, "whispr"),
        ("asr", "given", {"backend": "wav2vec2"}, "model"),
        ("asr", "given", {"backend": "wav2vec2", "model": "a/b", "language": "detect"}, "language"),
        ("asr", "given", {"backend": "command", "command": "my_asr {audio}"}, "command"),
        ("asr", "given", {"backend": "command", "command": ["my_asr", "{audio}"], "timeout_s": 0}, "timeout_s"),
        ("asr", "given", {"backend": "reference", "otherwise": {"backend": "whisper", "beam": 2}}, "beam"),
        ("asr", "given", {"backend": "reference", "otherwise": {"backend": "reference"}}, "reference"),
        ("aligner", "ps", {"backend": "pocketsphinx", "window_s": 1}, "window_s"),
        ("selector", "un", {"kind": "uniform", "rate": 33}, "rate"),
    ],
)
def test_a_block_that_breaks_the_schema_is_an_error_that_names_block_and_key(
    tmp_path: Path, kind: str, name: str, block: dict[str, Any], key: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        check_config(config(**{kind: config()[kind] | {name: block}}), SCHEMA, tmp_path)
    assert f"config, {kind}.{name}" in str(caught.value)
    assert key in str(caught.value)


@pytest.mark.parametrize("key", ["corpus", "asr", "runs"])
def test_a_config_without_a_part_is_an_error_that_names_it(tmp_path: Path, key: str) -> None:
    whole = config()
    del whole[key]
    with pytest.raises(ConfigError, match=f"'{key}' is a required property"):
        check_config(whole, SCHEMA, tmp_path)


@pytest.mark.parametrize(
    ("kind", "folder", "before", "now"),
    [
        ("aligner", "demo/textgrids/given.ps", {"backend": "pocketsphinx", "min_score": -30.0}, "ps"),
        ("selector", "demo/keyframes/given.ps.un", {"kind": "uniform", "rate": 0.5}, "un"),
    ],
)
def test_artefacts_of_other_settings_are_an_error_that_names_key_and_both_values(
    tmp_path: Path, kind: str, folder: str, before: dict[str, Any], now: str
) -> None:
    make = {"aligner": aligner_config, "selector": selector}[kind]
    blocks.hold_to_block(tmp_path / folder, make(before))
    with pytest.raises(ArtefactError) as caught:
        check_config(config(), SCHEMA, tmp_path)
    key, value = list(before.items())[1]
    assert f"{key} was {value!r}, is now {getattr(make(config()[kind][now]), key)!r}" in str(caught.value)
    assert str(tmp_path / folder) in str(caught.value)


def test_speakers_aligned_with_other_settings_are_an_error(tmp_path: Path) -> None:
    whole = config(aligner={"ps": {"backend": "mfa", "beam": 20}})
    blocks.hold_to_block(tmp_path / "demo" / "speakers" / "given.ps", aligner_config({"backend": "mfa"}))
    with pytest.raises(ArtefactError, match="beam was 10, is now 20"):
        check_config(whole, SCHEMA, tmp_path)


def test_an_option_that_mfa_would_ignore_is_an_error_before_any_job(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is it --acoustic_scale"):
        check_config(config(aligner={"ps": {"backend": "mfa", "options": ["--acustic_scale", "1"]}}), SCHEMA, tmp_path)


def test_the_schema_and_the_config_of_mfa_have_the_same_keys() -> None:
    schema = yaml.safe_load(SCHEMA.read_text())
    cases = schema["properties"]["aligner"]["additionalProperties"]["allOf"]
    (case,) = [one["then"] for one in cases if one["if"]["properties"]["backend"]["const"] == "mfa"]
    assert set(case["properties"]) == {field.name for field in dataclasses.fields(MfaConfig)}


def test_mfa_blocks_lie_outside_and_those_that_adapt_go_by_speaker() -> None:
    aligners = {
        "ps": {"backend": "pocketsphinx"},
        "adapted": {"backend": "mfa"},
        "alone": {"backend": "mfa", "speaker_adaptation": False},
    }
    assert own_environment(aligners) == ["adapted", "alone"]
    assert by_speaker(aligners) == ["adapted"]


def test_artefacts_of_another_corpus_are_not_compared(tmp_path: Path) -> None:
    blocks.hold_to_block(tmp_path / "other" / "keyframes" / "given.ps.un", selector({"kind": "uniform", "rate": 0.5}))
    check_config(config(), SCHEMA, tmp_path)


def test_an_untouched_corpus_keeps_its_fingerprint(tmp_path: Path) -> None:
    assert corpus_fingerprint(corpus(tmp_path)) == corpus_fingerprint(corpus(tmp_path))


def test_a_new_file_changes_the_fingerprint(tmp_path: Path) -> None:
    before = corpus_fingerprint(corpus(tmp_path))
    (tmp_path / "wav" / "b.wav").write_bytes(b"")
    assert corpus_fingerprint(corpus(tmp_path)) != before


def test_a_renamed_file_changes_the_fingerprint(tmp_path: Path) -> None:
    before = corpus_fingerprint(corpus(tmp_path))
    (tmp_path / "wav" / "a.wav").rename(tmp_path / "wav" / "b.wav")
    assert corpus_fingerprint({"name": "small", "type": "folder", "root": str(tmp_path)}) != before


def test_a_file_of_another_size_changes_the_fingerprint(tmp_path: Path) -> None:
    block = corpus(tmp_path)
    before = corpus_fingerprint(block)
    (tmp_path / "wav" / "a.wav").write_bytes(b"123456")
    os.utime(tmp_path / "wav" / "a.wav", ns=(10**18, 10**18))
    assert corpus_fingerprint(block) != before


def test_a_file_of_another_time_changes_the_fingerprint(tmp_path: Path) -> None:
    block = corpus(tmp_path)
    before = corpus_fingerprint(block)
    os.utime(tmp_path / "wav" / "a.wav", ns=(10**18, 2 * 10**18))
    assert corpus_fingerprint(block) != before


@pytest.mark.parametrize("key", ["include", "exclude"])
def test_a_changed_list_of_ids_changes_the_fingerprint(tmp_path: Path, key: str) -> None:
    (tmp_path / "root").mkdir()
    block = corpus(tmp_path / "root") | {key: str(tmp_path / "ids.txt")}
    prints = {corpus_fingerprint(block)}
    for text in ("a\n", "b\n"):
        (tmp_path / "ids.txt").write_text(text)
        prints.add(corpus_fingerprint(block))
    assert len(prints) == 3


def test_a_missing_corpus_has_a_fingerprint(tmp_path: Path) -> None:
    assert corpus_fingerprint({"name": "small", "type": "folder", "root": str(tmp_path / "none")})


def test_a_corpus_without_a_root_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"corpus block: root"):
        corpus_fingerprint({"name": "small", "type": "folder"})


def test_the_demos_fingerprint_is_that_of_the_folder_made_of_it() -> None:
    block = {"name": "demo", "type": "demo", "fps": 5.0}
    assert corpus_fingerprint(block) == corpus_fingerprint(
        {"name": "small", "type": "folder", "root": str(corpus_root(block))}
    )
    assert corpus_fingerprint(block) == corpus_fingerprint(block)


def test_a_dangling_link_in_the_corpus_does_not_stop_the_fingerprint(tmp_path: Path) -> None:
    block = corpus(tmp_path)
    before = corpus_fingerprint(block)
    (tmp_path / "wav" / "b.wav").symlink_to(tmp_path / "gone.wav")
    assert corpus_fingerprint(block) != before


def test_a_file_behind_a_linked_folder_changes_the_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "wav").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    block = corpus(tmp_path / "root")
    before = corpus_fingerprint(block)
    (tmp_path / "elsewhere" / "b.wav").write_bytes(b"")
    assert corpus_fingerprint(block) != before


@pytest.mark.parametrize("folder", [None, "none"])
def test_without_a_folder_there_are_no_textgrids(tmp_path: Path, folder: str | None) -> None:
    assert textgrids_of_shard(folder and str(tmp_path / folder), "00000-of-00001") == []


def test_only_textgrids_are_listed_sorted(tmp_path: Path) -> None:
    for name in ("b.TextGrid", "a.TextGrid", "c.txt", "d.TextGrid.bak"):
        (tmp_path / name).write_bytes(b"")
    listed = textgrids_of_shard(str(tmp_path), "00000-of-00001")
    assert listed == [str(tmp_path / "a.TextGrid"), str(tmp_path / "b.TextGrid")]


@settings(max_examples=60)
@given(
    ids=st.sets(
        st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="/"), min_size=1, max_size=20),
        max_size=5,
    ),
    shards=st.integers(1, 9),
    encoded=st.booleans(),
)
def test_the_textgrid_of_an_utterance_is_listed_for_its_shard(
    tmp_path_factory: pytest.TempPathFactory, ids: set[str], shards: int, encoded: bool
) -> None:
    folder = tmp_path_factory.mktemp("textgrids")
    for name in ids:
        (folder / f"{encode_id(name) if encoded else name}.TextGrid").write_bytes(b"")
    listed = {shard: textgrids_of_shard(str(folder), shard) for shard in shard_names(shards)}
    for name in ids:
        assert str(find_for_id(folder, name, ".TextGrid")) in listed[shard_name(shard_of(name, shards), shards)]


def test_a_name_that_reads_both_ways_is_listed_for_both_shards(tmp_path: Path) -> None:
    (tmp_path / "a%20b.TextGrid").write_bytes(b"")
    listed = [name for name in shard_names(64) if textgrids_of_shard(str(tmp_path), name)]
    assert set(listed) == {shard_name(shard_of(one, 64), 64) for one in ("a b", "a%20b")}


def test_a_folder_of_corrections_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"corrections: .*none: there is no such folder"):
        check_config(config(corrections=str(tmp_path / "none")), SCHEMA, tmp_path)


def test_an_utterance_that_is_not_there_is_an_error_that_names_those_near_it(tmp_path: Path) -> None:
    block = corpus(tmp_path)
    check_utterances(block, ["a"], where="config, show")
    (tmp_path / "wav" / "ann_sentence01.wav").touch()
    with pytest.raises(ConfigError, match=r"config, show: .* no utterance 'ann_sentence1'; it has: ann_sentence01$"):
        check_utterances(block, ["a", "ann_sentence1"], where="config, show")
    with pytest.raises(ConfigError, match=r"no utterance 'zzz'; it has: a, ann_sentence01, \.\.\.$"):
        check_utterances(block, ["zzz"], where="config, show")


def test_a_corpus_that_nobody_asks_about_is_not_opened() -> None:
    check_utterances({"name": "small", "type": "folder", "root": "gone"}, [], where="config, show")


def test_an_aligner_that_is_trained_names_transcripts_that_are_there(tmp_path: Path) -> None:
    block = {"backend": "viter", "train": {"transcripts": "given"}}
    runs = [{"asr": "given", "aligner": "own", "selector": "ph"}]
    asked = config(aligner={"own": block, "ps": {"backend": "pocketsphinx"}}, runs=runs)
    check_config(asked, SCHEMA, tmp_path)
    assert trained(asked["aligner"]) == ["own"]
    block["train"] = {"transcripts": "whisper"}
    with pytest.raises(
        ConfigError, match=r"aligner, own, train, transcripts: there is no asr block 'whisper'; .*given"
    ):
        check_config(asked, SCHEMA, tmp_path)


def test_a_name_of_a_trained_aligner_stands_for_its_content(tmp_path: Path) -> None:
    block: dict[str, Any] = {"backend": "viter", "train": {"transcripts": "given", "splits": ["train"]}}
    runs = [{"asr": "given", "aligner": "own", "selector": "ph"}]
    asked = config(aligner={"own": block}, runs=runs)
    blocks.hold_to_block(tmp_path / "demo" / "aligners" / "own", aligner_config(block))
    check_config(asked, SCHEMA, tmp_path)
    block["train"]["splits"] = ["train", "val"]
    with pytest.raises(ArtefactError, match="train was"):
        check_config(asked, SCHEMA, tmp_path)


@pytest.mark.parametrize(
    "block", [{}, {"model": "a", "train": {"transcripts": "given"}}, {"acoustic_model": "a"}, {"train": {}}]
)
def test_the_schema_takes_one_kind_of_viter(tmp_path: Path, block: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        check_config(config(aligner={"ps": {"backend": "viter"} | block}), SCHEMA, tmp_path)
