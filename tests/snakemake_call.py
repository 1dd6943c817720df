"""Snakemake's command line in a process of its own, forked off one that has loaded Snakemake already.

A call of `snakemake` spends two of its three seconds on imports. What runs after them is the same.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
# Snakemake loads pandas, and the workflow's rules load both packages' dag, once they run.
_FORKS.set_forkserver_preload(["snakemake.cli", "pandas", "kmtalk_align.dag", "kmtalk_model.dag"])


def snakemake(options: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run `snakemake` with options in a folder; gives its exit status and what it printed."""
    with tempfile.NamedTemporaryFile() as printed:
        process = _FORKS.Process(target=_run, args=(list(options), folder, dict(environment), printed.name))
        process.start()
        process.join()
        assert process.exitcode is not None
        return process.exitcode, printed.read().decode()


def _run(options: list[str], folder: Path, environment: dict[str, str], printed: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(printed, os.O_WRONLY | os.O_APPEND)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    from snakemake.cli import main

    sys.argv = ["snakemake", *options]
    main(options)
