"""What is called, exactly: the arguments of ``mfa align`` 3.4, and the environment that it finds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from kmtalk_align.aligners.mfa.config import MfaConfig


@dataclass(frozen=True)
class Folders:
    """The folders of one run. MFA refuses a corpus or an output whose path begins with that of its root."""

    corpus: Path
    output: Path
    root: Path
    temporary: Path

    @classmethod
    def under(cls, work: Path) -> Folders:
        """Four folders side by side, of which the corpus and MFA's root exist."""
        folders = cls(work / "corpus", work / "aligned", work / "root", work / "temporary")
        folders.corpus.mkdir()
        folders.root.mkdir()
        return folders


def align_command(config: MfaConfig, folders: Folders) -> list[str]:
    """The arguments, program and all.

    The parameters that MFA's command line doesn't know as options come last: it hands on what is left over, and a
    value in front of the four arguments would be taken for one of these.
    """
    arguments = [str(folders.corpus), config.dictionary, config.acoustic_model, str(folders.output)]
    options = ["--temporary_directory", str(folders.temporary), "--num_jobs", str(config.jobs)]
    # One process is enough for one speaker, and queues between processes are where MFA hangs.
    options += ["--use_mp" if config.jobs > 1 else "--no_use_mp"]
    # MFA writes these to its root's settings with other defaults than its help says.
    options += ["--clean", "--overwrite", "--no_use_postgres", "--output_format", "long_textgrid"]
    if config.g2p_model is not None:
        options += ["--g2p_model_path", config.g2p_model]
    parameters = ["--beam", str(config.beam), "--retry_beam", str(config.retry_beam)]
    # Said only to switch it off: a model without speaker adaptation can't do it.
    if not config.speaker_adaptation:
        parameters += ["--uses_speaker_adaptation", "false"]
    return [*config.command, "align", *arguments, *options, *config.options, *parameters]


def link_models(config: MfaConfig, folders: Folders) -> None:
    """Show MFA's downloaded models, which it looks for under its root, in the root of this run."""
    models = config.root / "pretrained_models"
    if models.is_dir():
        (folders.root / "pretrained_models").symlink_to(models, target_is_directory=True)


def environment(command: tuple[str, ...], root: Path) -> dict[str, str]:
    """The environment of MFA: `root` as its own root, no profile of the user's, wide lines, no colours.

    The folder of a program that is given by its path comes first in PATH: MFA looks there for Kaldi's programs.
    """
    found = {key: value for key, value in os.environ.items() if key != "MFA_PROFILE"}
    found |= {"COLUMNS": "500", "NO_COLOR": "1", "TERM": "dumb", "MFA_ROOT_DIR": str(root)}
    program = which(command[0])
    if os.sep in command[0] and program is not None:
        found["PATH"] = os.pathsep.join([str(Path(program).absolute().parent), found.get("PATH", "")])
    return found
