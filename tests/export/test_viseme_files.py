from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.errors import AnimationError, ArtefactError, ConfigError, TextGridError
from kmtalk_align.textgrid import write_textgrid
from kmtalk_model.export.visemes.write import write_visemes
from tests.export.made_animations import sheet, with_sound

PHONES = (Interval(0.1, 0.25, "HH"), Interval(0.25, 0.5, "AY1"))


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    write_textgrid(tmp_path / "hi.TextGrid", Alignment((Interval(0.1, 0.5, "hi"),), PHONES, 0.7))
    return tmp_path / "hi.TextGrid"


def test_tsv_holds_starts_and_the_end_as_rhubarb_writes_it(grid: Path, tmp_path: Path) -> None:
    cues = write_visemes(grid, tmp_path / "hi.tsv", visemes="rhubarb")
    assert (tmp_path / "hi.tsv").read_text() == "0.00\tX\n0.10\tD\n0.40\tB\n0.50\tX\n0.70\tX\n"
    assert len(cues) == 4


def test_json_holds_cues_and_the_recording_as_rhubarb_writes_it(grid: Path, tmp_path: Path, write_wav: Any) -> None:
    sound = write_wav('speech "1".wav', np.zeros(12_480))
    write_visemes(grid, tmp_path / "hi.json", visemes="oculus", audio=sound)
    found = json.loads((tmp_path / "hi.json").read_text())
    assert found == {
        "metadata": {"soundFile": str(sound.resolve()), "duration": 0.78},
        "mouthCues": [
            {"start": 0.0, "end": 0.1, "value": "sil"},
            {"start": 0.1, "end": 0.4, "value": "aa"},
            {"start": 0.4, "end": 0.5, "value": "ih"},
            {"start": 0.5, "end": 0.78, "value": "sil"},
        ],
    }
    write_visemes(grid, tmp_path / "hi.json", visemes="oculus")
    assert json.loads((tmp_path / "hi.json").read_text())["metadata"] == {"soundFile": "", "duration": 0.7}


def test_an_animation_has_phones_of_its_own(tmp_path: Path, write_wav: Any) -> None:
    with_sound(sheet(), write_wav("speech.wav", np.zeros(7040))).save(tmp_path / "sheet.npz")
    write_visemes(tmp_path / "sheet.npz", tmp_path / "sheet.json", visemes="oculus")
    found = json.loads((tmp_path / "sheet.json").read_text())
    assert found["metadata"] == {"soundFile": str((tmp_path / "speech.wav").resolve()), "duration": 0.44}
    assert [one["value"] for one in found["mouthCues"]] == ["sil", "PP", "aa", "sil"]
    # Without its sound the frames say how long it is.
    sheet().save(tmp_path / "silent.npz")
    write_visemes(tmp_path / "silent.npz", tmp_path / "silent.tsv", visemes="oculus")
    assert (tmp_path / "silent.tsv").read_text().endswith("0.44\tsil\n")


@pytest.mark.parametrize("name", ["oculus", "rhubarb"])
def test_real_sentences_have_visemes(name: str, demo_root: Path, tmp_path: Path) -> None:
    import csv

    for path in sorted((demo_root / "phones").glob("*1.csv")):
        with path.open() as file:
            rows = [[float(one["start_s"]), float(one["end_s"]), one["phone"]] for one in csv.DictReader(file)]
        phones = tuple(Interval(*row) for row in rows)
        write_textgrid(tmp_path / "one.TextGrid", Alignment((), phones, phones[-1].end_s))
        cues = write_visemes(tmp_path / "one.TextGrid", tmp_path / "one.tsv", visemes=name)
        assert len({one.viseme for one in cues}) > 6
        assert all(one.end == following.start for one, following in pairwise(cues))


def test_bad_input_is_one_clear_error(grid: Path, tmp_path: Path, write_wav: Any) -> None:
    replace(sheet(), phones=()).save(tmp_path / "mute.npz")
    with pytest.raises(AnimationError, match=r"mute.npz: holds no phones; give a TextGrid"):
        write_visemes(tmp_path / "mute.npz", tmp_path / "a.tsv", visemes="oculus")
    with pytest.raises(ConfigError, match=r"a.txt: is neither .tsv nor .json; name it a.tsv"):
        write_visemes(grid, tmp_path / "a.txt", visemes="oculus")
    with pytest.raises(TextGridError, match=r"its phones end at 0.50 s, the recording at 0.20 s"):
        write_visemes(grid, tmp_path / "a.tsv", visemes="oculus", audio=write_wav("short.wav", np.zeros(3200)))
    with pytest.raises(TextGridError, match=r"gone.TextGrid: cannot be read"):
        write_visemes(tmp_path / "gone.TextGrid", tmp_path / "a.tsv", visemes="oculus")
    (tmp_path / "file").touch()
    with pytest.raises(ArtefactError, match="cannot be written"):
        write_visemes(grid, tmp_path / "file" / "a.tsv", visemes="oculus")
    assert not (tmp_path / "a.tsv").exists()


def test_an_alignment_is_not_overwritten_by_its_visemes(tmp_path: Path, grid: Path) -> None:
    same = grid.rename(tmp_path / "hi.json")
    before = same.read_bytes()
    with pytest.raises(ArtefactError, match="overwritten"):
        write_visemes(same, same, visemes="oculus")
    assert same.read_bytes() == before


def test_phones_of_an_animation_that_overlap_are_refused(tmp_path: Path) -> None:
    crossed = (Interval(0.05, 0.2, "AA1"), Interval(0.15, 0.18, "P"))
    sheet(phones=crossed).save(tmp_path / "face.npz")
    with pytest.raises(AnimationError, match=r"overlap: 'P' starts at 0.15 s, 'AA1' ends at 0.2 s"):
        write_visemes(tmp_path / "face.npz", tmp_path / "out.tsv", visemes="oculus")
    assert not (tmp_path / "out.tsv").exists()
