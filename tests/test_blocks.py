"""blocks.py: config blocks become dataclasses, and a name always means the same content."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from kmtalk_align import blocks
from kmtalk_align.errors import ArtefactError, ConfigError

REGISTRY = {"made_up": f"{__name__}:Engine", "absent": "no_such_module:Config"}


@dataclass(frozen=True)
class Engine:
    model: str
    beams: tuple[float, ...] = (0.5, 0.0)
    size: int = 3
    dictionary: str | None = None


@dataclass(frozen=True)
class EarlierEngine:
    model: str
    beams: tuple[float, ...] = (0.5, 0.0)


def test_a_mapping_becomes_the_dataclass_with_its_defaults() -> None:
    assert blocks.build(Engine, {"model": "m", "beams": [0.25]}, where="here") == Engine("m", (0.25,), 3, None)


def test_an_unknown_key_is_an_error_that_lists_the_keys() -> None:
    with pytest.raises(ConfigError) as caught:
        blocks.build(Engine, {"model": "m", "modle": "n", "beam": 1}, where="asr block")
    message = str(caught.value)
    assert "asr block" in message
    assert "unknown key beam, modle" in message
    assert "model, beams, size, dictionary" in message


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({}, "model"),
        ({"model": "m", "size": "many"}, "size"),
        ({"model": "m", "size": 1.5}, "size"),
        ({"model": "m", "beams": [0.1, "x"]}, "beams.1"),
        ({"model": None}, "model"),
    ],
)
def test_a_missing_or_wrong_value_is_an_error_that_names_the_key(values: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        blocks.build(Engine, values, where="asr block")
    assert f"asr block: {key}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("uniform", {"kind": "uniform"}),
        ("whisper:tiny.en", {"kind": "whisper", "model": "tiny.en"}),
        ("ct2:/models/a:b", {"kind": "ct2", "model": "/models/a:b"}),
        (' {"kind": "uniform", "rate": 0.5}', {"kind": "uniform", "rate": 0.5}),
    ],
)
def test_a_block_on_the_command_line_is_json_or_a_name_with_a_model(text: str, block: dict[str, object]) -> None:
    assert blocks.parse(text, tag="kind") == block


def test_broken_json_on_the_command_line_is_a_config_error_that_shows_it() -> None:
    with pytest.raises(ConfigError, match=r"\{\"kind\": uniform\}"):
        blocks.parse('{"kind": uniform}', tag="kind")


def test_a_named_class_is_loaded_from_the_registry() -> None:
    loaded = blocks.load_class(REGISTRY, {"backend": "made_up"}, tag="backend", what="aligner")
    assert loaded.__name__ == "Engine"


@pytest.mark.parametrize("block", [{"backend": "other"}, {}, {"backend": None}, {"backend": ["made_up"]}])
def test_a_name_outside_the_registry_is_an_error_that_lists_the_choices(block: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="choose from: made_up, absent"):
        blocks.load_class(REGISTRY, block, tag="backend", what="aligner")


def test_the_resolved_block_is_stored_beside_the_artefacts(tmp_path: Path) -> None:
    blocks.hold_to_block(tmp_path / "made", Engine("m"))
    stored = json.loads((tmp_path / "made" / ".block.json").read_text(encoding="utf-8"))
    assert stored == {"model": "m", "beams": [0.5, 0.0], "size": 3, "dictionary": None}


def test_the_same_block_is_accepted_again_and_its_file_left_alone(tmp_path: Path) -> None:
    blocks.hold_to_block(tmp_path, Engine("modèle"))
    before = (tmp_path / ".block.json").stat()
    blocks.hold_to_block(tmp_path, Engine("modèle"))
    after = (tmp_path / ".block.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_block_of_the_same_name_is_an_error_that_names_key_and_both_values(tmp_path: Path) -> None:
    blocks.hold_to_block(tmp_path, Engine("small", size=4))
    with pytest.raises(ArtefactError) as caught:
        blocks.hold_to_block(tmp_path, Engine("large", size=4))
    message = str(caught.value)
    assert "model was 'small', is now 'large'" in message
    assert str(tmp_path) in message
    assert "size" not in message


def test_a_refused_block_leaves_the_stored_one(tmp_path: Path) -> None:
    blocks.hold_to_block(tmp_path, Engine("small"))
    with pytest.raises(ArtefactError):
        blocks.hold_to_block(tmp_path, Engine("large"))
    blocks.check_block(tmp_path, Engine("small"))


def test_every_changed_key_is_named(tmp_path: Path) -> None:
    blocks.hold_to_block(tmp_path, Engine("m", beams=(0.5,), size=1))
    with pytest.raises(ArtefactError, match=r"beams was \[0\.5\], is now \[0\.1\], size was 1, is now 2"):
        blocks.check_block(tmp_path, Engine("m", beams=(0.1,), size=2))


def test_a_key_that_a_newer_release_adds_counts_as_its_default(tmp_path: Path) -> None:
    blocks.hold_to_block(tmp_path, EarlierEngine("m"))
    blocks.check_block(tmp_path, Engine("m"))


def test_a_newer_key_with_another_value_than_its_default_is_a_change(tmp_path: Path) -> None:
    blocks.hold_to_block(tmp_path, EarlierEngine("m"))
    with pytest.raises(ArtefactError, match="size was 3, is now 4"):
        blocks.check_block(tmp_path, Engine("m", size=4))


def test_a_folder_without_a_block_holds_to_nothing(tmp_path: Path) -> None:
    blocks.check_block(tmp_path / "none", Engine("m"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"{half", b"[1]", b"\xff\xfe"])
def test_a_stored_block_that_cannot_be_read_is_an_error_that_names_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".block.json").write_bytes(content)
    with pytest.raises(ArtefactError, match=r"\.block\.json"):
        blocks.check_block(tmp_path, Engine("m"))
