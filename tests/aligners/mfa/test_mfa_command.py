"""What is called, word for word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kmtalk_align.aligners.mfa.command import Folders, align_command, environment, link_models
from kmtalk_align.aligners.mfa.config import MfaConfig

FOLDERS = Folders(Path("/w/corpus"), Path("/w/aligned"), Path("/w/root"), Path("/w/temporary"))


def test_the_default_call() -> None:
    assert align_command(MfaConfig(), FOLDERS) == [
        *("mfa", "align", "/w/corpus", "english_us_mfa", "english_mfa", "/w/aligned"),
        *("--temporary_directory", "/w/temporary", "--num_jobs", "1", "--no_use_mp", "--clean", "--overwrite"),
        *("--no_use_postgres", "--output_format", "long_textgrid", "--beam", "10", "--retry_beam", "40"),
    ]


def test_every_key_has_its_place() -> None:
    config = MfaConfig(
        command=("conda", "run", "-n", "my mfa", "mfa"),
        dictionary="/a b/mine.dict",
        acoustic_model="english_us_arpa",
        g2p_model="english_us_arpa",
        speaker_adaptation=False,
        beam=100,
        retry_beam=400,
        jobs=4,
        options=("--fine_tune",),
    )
    assert align_command(config, FOLDERS) == [
        *("conda", "run", "-n", "my mfa", "mfa", "align", "/w/corpus", "/a b/mine.dict", "english_us_arpa"),
        *("/w/aligned", "--temporary_directory", "/w/temporary", "--num_jobs", "4", "--use_mp", "--clean"),
        *("--overwrite", "--no_use_postgres", "--output_format", "long_textgrid"),
        *("--g2p_model_path", "english_us_arpa", "--fine_tune"),
        *("--beam", "100", "--retry_beam", "400", "--uses_speaker_adaptation", "false"),
    ]


def test_no_folder_of_a_run_begins_like_mfas_root(tmp_path: Path) -> None:
    """MFA compares them as strings, and refuses a corpus or an output under its root."""
    folders = Folders.under(tmp_path)
    for one in (folders.corpus, folders.output, folders.temporary):
        assert not str(one).startswith(str(folders.root))
    for one in (folders.corpus, folders.output):
        assert not str(one).startswith(str(folders.temporary))


def test_the_environment_holds_the_root_and_none_of_the_users_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MFA_PROFILE", "mine")
    monkeypatch.setenv("MFA_ROOT_DIR", "/users")
    found = environment(("mfa",), Path("/w/root"))
    assert found["MFA_ROOT_DIR"] == "/w/root"
    assert "MFA_PROFILE" not in found
    assert found["PATH"] == os.environ["PATH"]


def test_a_program_by_its_path_has_its_folder_first(tmp_path: Path) -> None:
    program = tmp_path / "mfa"
    program.touch(mode=0o755)
    assert environment((str(program),), tmp_path / "root")["PATH"].split(os.pathsep)[0] == str(tmp_path)


@pytest.mark.parametrize("there", [True, False])
def test_models_are_shown_where_there_are_any(tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "users" / "pretrained_models").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    folders = Folders.under(tmp_path / "work")
    link_models(MfaConfig(root_dir=str(tmp_path / "users")), folders)
    assert (folders.root / "pretrained_models").is_symlink() is there


def test_the_root_is_the_blocks_or_the_environments_or_mfas_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("MFA_ROOT_DIR", "/users")
    assert MfaConfig(root_dir="/mine").root == Path("/mine")
    assert MfaConfig().root == Path("/users")
    monkeypatch.delenv("MFA_ROOT_DIR")
    assert MfaConfig().root == Path("/home/me/Documents/MFA")
