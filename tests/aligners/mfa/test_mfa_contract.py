"""What is called is what MFA 3.4's own command line takes: see real_parser.py. Nothing is aligned here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from kmtalk_align.aligners.base import Spoken
from kmtalk_align.aligners.mfa import options
from kmtalk_align.aligners.mfa.aligner import Mfa
from kmtalk_align.aligners.mfa.command import Folders, align_command
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.aligners.mfa.program import check_version
from kmtalk_align.errors import ConfigError

REAL = Path(__file__).with_name("real_parser.py")
COMMAND_LINE = Path(sys.prefix) / "mfa-command-line"
COMMAND = (sys.executable, str(REAL))
# Options of ours, and those that make no sense in a run of ours: help, another profile, quiet logs, other outputs.
NOT_OFFERED = {
    *("help", "profile", "quiet", "no_quiet", "clean", "no_clean", "final_clean", "no_final_clean", "overwrite"),
    *("no_overwrite", "use_postgres", "no_use_postgres", "temporary_directory", "output_format", "config_path"),
    *("include_original_text", "speaker_characters", "audio_directory", "reference_directory", "custom_mapping_path"),
}
# Parameters that are given as arguments, or that only MFA's trainers and its comparison with other alignments read.
NOT_PARAMETERS = {
    *("corpus_directory", "dictionary", "acoustic_model", "g2p_model", "language", "tokenization", "phone_set_type"),
    *("ignore_speakers", "use_reference_alignments", "evaluation_mode", "silence_word", "overwrite"),
    *("rules_path", "phone_groups_path", "topology_path"),
}
pytestmark = pytest.mark.xdist_group("mfa_parser")


@pytest.fixture(scope="module", autouse=True)
def _there() -> None:
    assert COMMAND_LINE.is_dir(), f"MFA's command line is not in {COMMAND_LINE}; `make test` puts it there"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root of MFA with the models that the default config names: enough of them to be opened."""
    models = tmp_path / "root" / "pretrained_models"
    for kind in ("acoustic", "dictionary", "g2p"):
        (models / kind).mkdir(parents=True)
    meta = {"phones": ["AH"], "version": "3.0.0", "architecture": "gmm-hmm", "features": {}}
    for path, more in (("acoustic/english_mfa", {}), ("g2p/english_us_mfa", {"graphemes": ["a"]})):
        with ZipFile(models / f"{path}.zip", "w") as archive:
            archive.writestr(f"{Path(path).name}/meta.json", json.dumps(meta | more))
    (models / "dictionary" / "english_us_mfa.dict").write_text("a\tAH\n")
    return tmp_path / "root"


@pytest.fixture
def recorded(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speak: Callable[..., Spoken]
) -> Callable[..., dict[str, Any]]:
    """Calls the real command line through the aligner; gives what MFA's own aligner would have been made with."""

    def run(**settings: Any) -> dict[str, Any]:
        monkeypatch.setenv("REAL_MFA_RECORD", str(tmp_path / "record.json"))
        aligner = Mfa(MfaConfig(command=COMMAND, root_dir=str(root), **settings))
        list(aligner.align_set([speak("u1", "a", subject="ann"), speak("u2", "a", subject="ben")]))
        made: dict[str, Any] = json.loads((tmp_path / "record.json").read_text())
        return made

    return run


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The options and parameters of MFA 3.4."""
    folder = {"MFA_ROOT_DIR": str(tmp_path_factory.mktemp("root"))}
    printed = subprocess.run([*COMMAND, "known"], env=os.environ | folder, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(printed.stdout.splitlines()[-1])
    return found


def test_the_real_version_command_is_understood_and_leaves_the_home_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert check_version(COMMAND, 120.0).startswith("3.4.")
    assert list(tmp_path.iterdir()) == []


def test_the_default_config_means_what_it_says(recorded: Callable[..., dict[str, Any]]) -> None:
    found = recorded()
    made = found["made_with"]
    assert found["ignored"] == []
    assert (made["beam"], made["retry_beam"]) == (10, 40)
    assert "uses_speaker_adaptation" not in made
    assert made["speaker_characters"] == 0  # speakers are folders
    assert made["corpus_directory"].endswith("/corpus")
    assert made["acoustic_model"].endswith("english_mfa_acoustic'))")
    assert made["g2p_model"] is None
    assert not made["ignore_oovs"]
    assert not made["fine_tune"]
    settings = found["settings"]
    work = Path(made["corpus_directory"]).parent
    assert settings.pop("TEMPORARY_DIRECTORY") == str(work / "temporary")
    assert settings == {
        "NUM_JOBS": 1,
        "USE_MP": False,
        "CLEAN": True,
        "OVERWRITE": True,
        "USE_POSTGRES": False,
        "SINGLE_SPEAKER": False,
    }
    assert found["output_directory"] == str(work / "aligned")
    assert found["export"] == {"output_format": "long_textgrid", "include_original_text": False}


def test_every_key_of_the_config_reaches_mfa(recorded: Callable[..., dict[str, Any]]) -> None:
    found = recorded(
        speaker_adaptation=False,
        beam=12,
        retry_beam=400,
        jobs=2,
        g2p_model="english_us_mfa",
        options=("--fine_tune", "--acoustic_scale", "0.25", "--uses_cmvn", "false", "--word_insertion_penalty", "-0.5"),
    )
    made = found["made_with"]
    assert found["ignored"] == []
    assert (made["beam"], made["retry_beam"]) == (12, 400)
    assert made["uses_speaker_adaptation"] is False
    assert (made["fine_tune"], made["acoustic_scale"], made["uses_cmvn"]) == (True, 0.25, False)
    assert made["word_insertion_penalty"] == -0.5
    assert "G2PModel" in made["g2p_model"]
    assert (found["settings"]["NUM_JOBS"], found["settings"]["USE_MP"]) == (2, True)


def test_an_option_that_mfa_does_not_know_would_be_seen_here(
    recorded: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: MFA takes it without a word."""
    monkeypatch.setattr("kmtalk_align.aligners.mfa.config.check_options", lambda options: None)
    found = recorded(options=("--acustic_scale", "0.25", "--boost_silence=2"))
    assert found["ignored"] == ["--acustic_scale", "--boost_silence=2"]
    assert not {"acoustic_scale", "boost_silence"} & set(found["made_with"])


def test_a_parameter_before_the_arguments_would_be_taken_for_one(root: Path, tmp_path: Path) -> None:
    """Why the order in align_command is what it is."""
    (tmp_path / "work").mkdir()
    folders = Folders.under(tmp_path / "work")
    command = align_command(MfaConfig(command=COMMAND), folders)
    place = command.index("align") + 1
    wrong = [*command[:place], *command[-4:], *command[place:-4]]
    environment = os.environ | {"MFA_ROOT_DIR": str(root), "REAL_MFA_RECORD": str(tmp_path / "record.json")}
    done = subprocess.run(wrong, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr


@pytest.mark.parametrize(("key", "kind"), [("acoustic_model", "acoustic"), ("g2p_model", "g2p")])
def test_a_model_that_mfa_lacks_is_an_error_with_the_command_that_fetches_it(
    recorded: Callable[..., dict[str, Any]], root: Path, key: str, kind: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        recorded(**{key: "klingon"})
    assert f"MFA has no {kind} model 'klingon'" in str(caught.value)
    assert f"MFA_ROOT_DIR={root} " in str(caught.value)
    assert f"{REAL} model download {kind} klingon" in str(caught.value)


def test_the_options_that_a_user_may_give_are_those_of_mfa(known: dict[str, Any]) -> None:
    flags = {name for name, is_flag in known["options"].items() if is_flag}
    assert flags - NOT_OFFERED - set(options.OURS) == options.FLAGS
    valued = {name for name, is_flag in known["options"].items() if not is_flag}
    assert valued - NOT_OFFERED - set(options.OURS) <= set(options.PARAMETERS)


def test_the_parameters_that_a_user_may_give_are_those_of_mfa(known: dict[str, Any]) -> None:
    scalars = {name: kind for name, kind in known["parameters"].items() if kind in ("bool", "int", "float", "str")}
    offered = {name: kind.__name__ for name, kind in options.PARAMETERS.items()}
    left = {
        name: kind
        for name, kind in scalars.items()
        if name not in NOT_PARAMETERS | options.FLAGS | set(options.OURS) | NOT_OFFERED
    }
    assert offered == left
