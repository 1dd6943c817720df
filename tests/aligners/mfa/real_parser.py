"""The command line of MFA 3.4 itself, as a program: python real_parser.py ARGUMENTS OF MFA.

Its compiled module and what that brings are stubbed, and the aligner behind the command only writes down what it is
made with, as JSON, into the file REAL_MFA_RECORD. Everything before it is MFA's own code: options, checks of models and
folders, the reading of the arguments that are left over.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import os
import sys
import types
from pathlib import Path
from typing import Any

# Where `make` puts MFA's Python part; it is not installed, since its program `mfa` would fail for want of the rest.
COMMAND_LINE = Path(sys.prefix) / "mfa-command-line"
STUBBED = {"_kalpy", "kalpy", "pynini", "pywrapfst", "joblib", "librosa", "scipy", "sklearn", "kneed", "seaborn"}


class Stub(types.ModuleType):
    """A module that has any name, each a class that takes anything."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (), {"__init__": lambda self, *arguments, **options: None})
        setattr(self, name, made)
        return made


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stub for each module of the packages in STUBBED."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in STUBBED:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def stub_vectors() -> None:
    """pgvector's column type, which MFA's tables name: a type of SQLAlchemy."""
    from sqlalchemy.types import UserDefinedType

    class Vector(UserDefinedType):  # type: ignore[type-arg]
        def __init__(self, dimension: int | None = None) -> None:
            self.dimension = dimension

    package, module = types.ModuleType("pgvector"), types.ModuleType("pgvector.sqlalchemy")
    package.__path__ = []
    module.Vector = Vector  # type: ignore[attr-defined]
    sys.modules |= {"pgvector": package, "pgvector.sqlalchemy": module}


def record(facts: dict[str, Any]) -> None:
    path = Path(os.environ["REAL_MFA_RECORD"])
    before = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(before | facts, default=str))


def recorder(real: Any) -> type:
    """In place of MFA's aligner: reads the arguments as that does, and writes down what it would be made with."""

    class Recorder:
        @classmethod
        def parse_parameters(cls, config_path: Any, args: Any, unknown_args: Any) -> Any:
            known = real.get_configuration_parameters()
            options = [one for one in unknown_args if one.startswith("--")]
            record({"ignored": [one for one in options if one.removeprefix("--") not in known]})
            return real.parse_parameters(config_path, args, unknown_args)

        def __init__(self, **made_with: Any) -> None:
            from montreal_forced_aligner import config

            names = (
                "TEMPORARY_DIRECTORY",
                "NUM_JOBS",
                "USE_MP",
                "CLEAN",
                "OVERWRITE",
                "USE_POSTGRES",
                "SINGLE_SPEAKER",
            )
            record({"made_with": made_with, "settings": {name: getattr(config, name) for name in names}})

        def align(self) -> None: ...

        def analyze_alignments(self) -> None: ...

        def cleanup(self) -> None: ...

        def has_reference_alignments(self) -> bool:
            return False

        def export_files(self, output_directory: Path, **options: Any) -> None:
            record({"output_directory": output_directory, "export": options})

    return Recorder


def load() -> Any:
    """The group of MFA's commands."""
    sys.path.append(str(COMMAND_LINE))
    sys.meta_path.insert(0, Stubs())
    sys.modules["torch"] = None  # type: ignore[assignment]  # MFA does without, and it takes seconds
    stub_vectors()
    from montreal_forced_aligner.command_line import align, utils
    from montreal_forced_aligner.command_line.mfa import mfa_cli

    utils.check_third_party = lambda: None  # asks for Kaldi's programs
    align.PretrainedAligner = recorder(align.PretrainedAligner)
    return mfa_cli


def known() -> dict[str, Any]:
    """The options of ``mfa align`` and whether they are flags, and the parameters that it reads from the rest."""
    from montreal_forced_aligner.alignment import PretrainedAligner
    from montreal_forced_aligner.command_line.align import align_corpus_cli

    options = {
        name.removeprefix("--"): bool(one.is_flag)
        for one in align_corpus_cli.params
        for name in (*one.opts, *one.secondary_opts)
        if name.startswith("--")
    }
    kinds = PretrainedAligner.get_configuration_parameters()
    return {"options": options, "parameters": {name: getattr(kind, "__name__", "") for name, kind in kinds.items()}}


if __name__ == "__main__":
    commands = load()
    if sys.argv[1:] == ["known"]:
        print(json.dumps(known()))
    else:
        commands(prog_name="mfa")
