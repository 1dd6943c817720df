"""The pages of docs/ say what the code does."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from kmtalk_align import asr, dag, tables
from kmtalk_align.aligners import aligner_config
from kmtalk_align.asr import recogniser_config
from kmtalk_align.asr.offline_weights import extra_folder
from kmtalk_align.audio import decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.tables import Table
from kmtalk_align.text import spoken_words
from kmtalk_model import encoders
from kmtalk_model.cli import app

DOCS = Path(__file__).parents[1] / "docs"
TABLES = {value.name: value for value in vars(tables).values() if isinstance(value, Table)}


def columns_of(section: str) -> dict[str, str]:
    """Column and type of each row of a section's table."""
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", section, re.MULTILINE))


def said(kind: str) -> str:
    """A column's type as the page writes it."""
    plain = kind.removesuffix("?")
    return ("struct" if plain.startswith("struct") else plain) + (" or null" if kind.endswith("?") else "")


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_every_table_is_explained(name: str) -> None:
    text = (DOCS / "artefacts.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", text, re.MULTILINE))
    assert name in sections
    assert columns_of(sections[name]) == {column: said(kind) for column, kind in TABLES[name].columns.items()}


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:kmtalk_align|kmtalk_model|workflow|tests|resources)/[\w./]+\.\w+", text))
    assert [one for one in sorted(named) if not (DOCS.parent / one).is_file()] == []


BLOCKS = re.findall(r"```yaml\n(.*?)```", (DOCS / "languages.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_blocks_for_other_languages_are_valid(number: int, tmp_path: Path) -> None:
    block = yaml.safe_load(BLOCKS[number])
    workflow = DOCS.parent / "workflow"
    config = yaml.safe_load((workflow / "config" / "grid468.yaml").read_text(encoding="utf-8"))
    config["runs"] = [{"asr": next(iter(block["asr"])), "aligner": "pocketsphinx", "selector": "phoneme"}]
    dag.check_config(config | block, workflow / "schemas" / "config.schema.yaml", tmp_path)
    for one in block["asr"].values():
        recogniser_config(one)
    for one in block.get("aligner", {}).values():
        aligner_config(one)


def test_one_config_for_another_language_stands_alone(tmp_path: Path) -> None:
    [whole] = [one for one in map(yaml.safe_load, BLOCKS) if "corpus" in one and "runs" in one]
    dag.check_config(whole, DOCS.parent / "workflow" / "schemas" / "config.schema.yaml", tmp_path)
    assert whole["corpus"]["language"] == whole["aligner"]["mfa_french"]["language"] == "fr"


def test_the_example_of_a_recogniser_recognises(
    demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [code] = re.findall(r"```python\n(.*?)```", (DOCS / "add_a_recogniser.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "example_recogniser.py").write_text(code, encoding="utf-8")
    library = SimpleNamespace(load=lambda model, threads: SimpleNamespace(transcribe=lambda window: f"{len(window)}"))
    monkeypatch.setitem(sys.modules, "my_library", library)
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "1.0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(asr.RECOGNISERS, "my_recogniser", "example_recogniser:MyConfig")
    recogniser = recogniser_config({"backend": "my_recogniser", "model": "small"}).load(1)
    samples = decode(demo_root / "wav" / "slt_sentence02.flac")
    found = recogniser.transcribe(Utterance("a", "a", "train", "wav/a.wav"), lambda: samples)
    assert (found.text, found.language) == (str(len(samples)), "en")
    assert recogniser.model == "my-library 1.0 small"


def test_the_page_of_recognisers_names_each() -> None:
    text = (DOCS / "recognisers.md").read_text(encoding="utf-8")
    table = text[: text.index("\n## ")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(asr.RECOGNISERS)


@pytest.mark.parametrize("backend", ["wav2vec2", "command"])
def test_the_blocks_of_recognisers_are_valid(backend: str, tmp_path: Path) -> None:
    text = (DOCS / "recognisers.md").read_text(encoding="utf-8")
    [section] = re.findall(rf"^## {backend}\n((?:(?!## ).*\n)*)", text, re.MULTILINE)
    config = yaml.safe_load((DOCS.parent / "workflow" / "config" / "demo.yaml").read_text(encoding="utf-8"))
    schema = DOCS.parent / "workflow" / "schemas" / "config.schema.yaml"
    blocks = yaml.safe_load(re.findall(r"```yaml\n(asr:.*?)```", section, re.DOTALL)[0])["asr"]
    dag.check_config(config | {"asr": config["asr"] | blocks}, schema, tmp_path)
    commands = [yaml.safe_load(one)["command"] for one in re.findall(r"^command: .*", section, re.MULTILINE)]
    for block in [*blocks.values(), *({"backend": "command", "command": one} for one in commands)]:
        assert recogniser_config(block).backend == backend


@pytest.mark.xdist_group("whisper")
def test_the_program_of_ten_lines_localizes_a_sentence(
    demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (DOCS / "recognisers.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(code.splitlines()) <= 10
    (tmp_path / "my_asr.py").write_text(code, encoding="utf-8")
    [block] = re.findall(r"--asr '(\{.*?\})'", text, re.DOTALL)
    block = block.replace("python3", sys.executable).replace("tiny.en", str(extra_folder("tiny.en")))
    monkeypatch.chdir(tmp_path)
    audio = demo_root / "wav" / "slt_sentence02.flac"
    done = CliRunner().invoke(app, ["localize", str(audio), "--asr", block])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    given = (demo_root / "transcripts" / "slt_sentence02.txt").read_text(encoding="utf-8")
    assert spoken_words(found["transcript"]) == spoken_words(given)
    assert found["source"] == "phoneme"


def test_the_example_of_an_encoder_encodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(r"```python\n(.*?)```", (DOCS / "add_an_encoder.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "example_encoder.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(encoders.ENCODERS, "my_encoder", "example_encoder:MyConfig")
    encoder = encoders.encoder_config({"backend": "my_encoder"}).load()
    [quiet] = encoder.encode([np.zeros(1600, np.float32)])
    assert quiet.features["loudness"].shape == (5, encoder.streams["loudness"].width)
    assert encoder.streams["loudness"].rate_hz == 50
