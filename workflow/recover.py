"""Go on after a crash: end the jobs that outlived Snakemake, clear what they left half done, and run again.

    python workflow/recover.py [--directory DIR] [any option of snakemake]      (make recover)

A killed Snakemake leaves its lock, and its jobs run on. Every file is written in one step, so that nothing half-written
can be taken for whole; but a job that still writes would get in the way of the same job begun anew.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from kmtalk_align.files import TEMPORARY_PREFIX

_PATIENCE_S = 10.0


def left_behind(folder: Path) -> list[psutil.Process]:
    """The processes of this user that a workflow in `folder` started, and that are not ours."""
    ours = {process.pid for process in (psutil.Process(), *psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in ours and process.environ().get("KMTALK_WORKFLOW") == str(folder):
                found.append(process)
        except psutil.Error:  # another user's, or gone meanwhile
            continue
    return found


def running_snakemake(folder: Path) -> psutil.Process | None:
    """A Snakemake that still runs in `folder`, if there is one."""
    for process in psutil.process_iter():
        try:
            command = [Path(part).name for part in process.cmdline()[:4]]
            if "snakemake" in command and process.cwd() == str(folder):
                return process
        except psutil.Error:
            continue
    return None


def end(processes: list[psutil.Process]) -> None:
    """Stop processes, by force where asking does not help."""
    for process in processes:
        process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=_PATIENCE_S)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=_PATIENCE_S)


def clear_temporary(folder: Path) -> int:
    """Delete the temporary files and folders under results/ that an interrupted job left; gives their number."""
    left = [path for path in (folder / "results").rglob(f"{TEMPORARY_PREFIX}*") if path.exists()]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return len(left)


def main() -> int:
    """Recover, then run snakemake with the options given. Its exit status is ours."""
    options = sys.argv[1:]
    folder = Path.cwd()
    for flag in ("--directory", "-d"):
        if flag in options:
            folder = Path(options[options.index(flag) + 1]).absolute()
    alive = running_snakemake(folder)
    if alive is not None:
        print(f"error: a snakemake (process {alive.pid}) still runs in {folder}; end it first", file=sys.stderr)
        return 1
    orphans = left_behind(folder)
    end(orphans)
    print(
        f"{len(orphans)} jobs left behind were ended, {clear_temporary(folder)} temporary files deleted",
        file=sys.stderr,
    )
    unlocked = subprocess.run(["snakemake", *options, "--unlock", "--quiet", "all"], check=False).returncode
    if unlocked:
        return unlocked
    return subprocess.run(["snakemake", *options, "--rerun-incomplete"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
