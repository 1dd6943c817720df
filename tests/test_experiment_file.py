"""experiment_file.py: presets, bases, and mistakes in them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.errors import ConfigError
from kmtalk_model.experiment import Stage
from kmtalk_model.experiment_file import PRESETS, merge, read_chain, read_experiment, stage_owner
from kmtalk_model.recipe import STAGES

Write = Callable[[str, str], Path]
trees = st.recursive(
    st.none() | st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(st.sampled_from("abc"), trees, max_size=3)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(name: str, text: str) -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return to


def leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


@given(mappings, mappings)
def test_every_change_is_in_the_merged_and_what_no_change_touches_stays(
    base: dict[str, Any], changes: dict[str, Any]
) -> None:
    before = copy.deepcopy((base, changes))
    merged = merge(base, changes)
    changed = dict(leaves(changes))
    for path, value in changed.items():
        # An empty mapping changes nothing of a mapping.
        assert at(merged, path) == value or (value == {} and isinstance(at(merged, path), dict))
    for path, value in leaves(base):
        if not any(path[: len(other)] == other or other[: len(path)] == path for other in changed):
            assert at(merged, path) == value
    assert set(merged) == set(base) | set(changes)
    assert (base, changes) == before


@given(mappings, mappings)
def test_a_change_made_twice_is_made_once(base: dict[str, Any], changes: dict[str, Any]) -> None:
    assert merge(merge(base, changes), changes) == merge(base, changes)
    assert merge(base, {}) == base


@pytest.mark.parametrize("preset", sorted(path.stem for path in PRESETS.glob("*.yaml")))
def test_an_experiment_that_changes_nothing_is_its_preset(write: Write, preset: str) -> None:
    first, second = (write(name, f"preset: {preset}") for name in ("one", "two"))
    assert read_experiment(first) == read_experiment(second)


def test_a_base_gives_what_a_file_does_not_change(write: Write) -> None:
    write("first", "preset: default\nseed: 7\nkeys: {selector: uniform_33, asr: mine}")
    write("second", "base: first\nkeys: {selector: random_33}")
    found = read_experiment(write("third", "base: second\nkeys: {asr: theirs}"))
    assert (found.seed, found.keys.selector, found.keys.asr) == (7, "random_33", "theirs")


def test_a_chain_leads_from_a_file_to_the_one_that_names_a_preset(write: Write) -> None:
    write("first", "preset: default")
    write("second", "base: first\nseed: 2")
    chain = read_chain(write("third", "base: second\nseed: 3"))
    assert [link.name for link in chain] == ["third", "second", "first"]
    assert [link.experiment.seed for link in chain[:2]] == [3, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("preset: default\nsead: 1", "unknown key sead; the keys there are: seed"),
        ("preset: default\nkeys: {selektor: a}", r"unknown key keys\.selektor; .*selector"),
        ("preset: default\nseed: many", "seed: Input should be a valid integer"),
        ("preset: default\nkeys: {selector: [1]}", r"keys\.selector: Input should be a valid string"),
        ("preset: default\nkeys: 5", "keys"),
        ("preset: default\nsystem: vocoder", "system: Input should be"),
        ("preset: fancy", "preset: there is no preset 'fancy'; choose from: default, paper"),
        ("preset: [default]", r"preset: there is no preset \['default'\]"),
        ("base: nobody", "base: there is no experiment 'nobody' beside it; choose from: kmtalk"),
        ("base: ../kmtalk", r"base: there is no experiment '\.\./kmtalk'"),
        ("base: [kmtalk]", r"base: there is no experiment \['kmtalk'\]"),
        ("base: kmtalk\npreset: default", "names a preset and a base"),
        ("seed: 1", "names neither a preset nor a base"),
        ("base: wrong", r"base: goes in a circle \(wrong -> wrong\)"),
        ("", "is no mapping of keys to values"),
        ("- seed", "is no mapping of keys to values"),
        ("1: 2", "is no mapping of keys to values"),
        ("seed: [1", "cannot be read as YAML"),
    ],
)
def test_a_mistake_is_an_error_that_names_file_and_key(write: Write, text: str, said: str) -> None:
    write("kmtalk", "preset: default")
    path = write("wrong", text)
    with pytest.raises(ConfigError, match=said) as caught:
        read_experiment(path)
    assert str(path) in str(caught.value)


def test_a_mistake_in_the_base_names_the_base(write: Write) -> None:
    write("first", "preset: default\nseed: many")
    with pytest.raises(ConfigError, match=r"first\.yaml: seed"):
        read_experiment(write("second", "base: first\nseed: 2"))


def test_a_circle_of_bases_is_an_error_that_shows_it(write: Write) -> None:
    write("a", "base: b")
    write("b", "base: c")
    write("c", "base: b")
    with pytest.raises(ConfigError, match=r"goes in a circle \(b -> c -> b\)"):
        read_experiment(write("a", "base: b"))


@pytest.mark.parametrize("name", ["Mine", "my run", "m.1"])
def test_a_name_that_is_no_name_of_a_folder_is_an_error(write: Write, name: str) -> None:
    with pytest.raises(ConfigError, match="its name is that of a folder too"):
        read_experiment(write(name, "preset: default"))


def test_a_missing_file_and_one_that_is_no_text_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        read_experiment(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"bytes\.yaml: cannot be read"):
        read_experiment(tmp_path / "bytes.yaml")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_a_base_shares_is_trained_by_the_farthest_that_does(write: Write, stage: Stage) -> None:
    first = write("first", "preset: default\nseed: 4")
    write("second", "base: first\nseed: 5")
    same = write("third", "base: second\nseed: 4")
    other = write("fourth", "base: third\nseed: 6")
    assert stage_owner(first, stage) == "first"
    assert stage_owner(same, stage) == "first"
    assert stage_owner(other, stage) == "fourth"


def test_a_stage_is_shared_where_only_another_one_differs(write: Write) -> None:
    write("first", "preset: default\ncompletion: {key_source: ground_truth}")
    second = write("second", "base: first\ncompletion: {key_source: noise}")
    assert stage_owner(second, "key_motion") == "first"
    assert stage_owner(second, "completion") == "second"


def test_a_completion_that_predicted_keys_train_is_that_of_its_key_motion_stage(write: Write) -> None:
    write("given", "preset: default\ncompletion: {key_source: ground_truth}")
    write("mixed", "preset: default\ncompletion: {key_source: mixed}")
    given_keys = write("given_more", "base: given\nkey_motion: {training: {epochs: 3}}")
    mixed_keys = write("mixed_more", "base: mixed\nkey_motion: {training: {epochs: 3}}")
    assert stage_owner(given_keys, "completion") == "given"
    assert stage_owner(mixed_keys, "completion") == "mixed_more"


def test_a_name_that_ends_in_a_run_is_the_experiment_with_its_key_frames(write: Write, tmp_path: Path) -> None:
    write("main", "preset: default\nseed: 3\nkeys: {train_on_fallback: false}")
    with_run = tmp_path / "main.whisper.viter.late.yaml"
    keys = read_experiment(with_run).keys
    assert (keys.asr, keys.aligner, keys.selector, keys.train_on_fallback) == ("whisper", "viter", "late", False)
    assert read_experiment(with_run).seed == 3
    assert stage_owner(with_run, "key_motion") == "main.whisper.viter.late"


def test_an_experiment_with_the_key_frames_that_it_has_trains_nothing_of_its_own(write: Write, tmp_path: Path) -> None:
    keys = read_experiment(write("main", "preset: default")).keys
    assert stage_owner(tmp_path / f"main.{keys.name}.yaml", "key_motion") == "main"


@pytest.mark.parametrize("name", ["none.whisper.viter.late", "main.whisper.viter", "main.Whisper.viter.late"])
def test_a_name_that_leads_to_no_file_is_an_error(write: Write, tmp_path: Path, name: str) -> None:
    write("main", "preset: default")
    with pytest.raises(ConfigError):
        read_experiment(tmp_path / f"{name}.yaml")
