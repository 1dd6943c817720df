"""environment.py: where MediaPipe lives, and what is said where it doesn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align import doctor
from kmtalk_align.capture.environment import VARIABLE, environment_folder, tracking_command
from kmtalk_align.errors import ConfigError
from tests.capture.films import use_fake


def test_the_environment_is_that_of_the_clone_or_the_given_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert environment_folder() == Path(__file__).parents[2] / ".venv-capture"
    use_fake(monkeypatch, tmp_path)
    python, isolated, program, model = tracking_command()
    assert (python, isolated, model) == (str(tmp_path / "bin/python"), "-I", str(tmp_path / "lib/face_landmarker.task"))
    assert Path(program).is_file()
    assert doctor.capture().usable


def test_without_it_the_command_that_makes_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(ConfigError, match=r"no environment .*make capture"):
        tracking_command()
    found = doctor.capture()
    assert (found.usable, found.mend) == (False, f"unset {VARIABLE}, and make capture")


def test_another_model_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_fake(monkeypatch, tmp_path)
    (tmp_path / "lib/face_landmarker.task").write_bytes(b"another")
    with pytest.raises(ConfigError, match="another file"):
        tracking_command()
    (tmp_path / "lib/face_landmarker.task").unlink()
    with pytest.raises(ConfigError, match="holds no face_landmarker"):
        tracking_command()
