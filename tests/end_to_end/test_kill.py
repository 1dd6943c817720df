"""SIGKILL at any moment, and the one recovery command: the bytes of an undisturbed run, and nothing left over.

KMTALK_KILLS sets the number of moments (default 4).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow_build import REPOSITORY, Build, config_of, copy_demo, demo_ids, jobs

IDS = demo_ids(4)
SHARDS = 2
KILLS = int(os.environ.get("KMTALK_KILLS", "4"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """The digests of a run that nothing disturbs, and the seconds that it takes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    copy_demo(folder / "data", IDS)
    build = Build(folder, config_of("data", shards=SHARDS))
    begin = time.monotonic()
    build.run()
    return build.digests(), time.monotonic() - begin


def recover(build: Build) -> str:
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "workflow" / "recover.py"), *build.command()[3:]],
        cwd=build.folder,
        env=build.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + build.logs()
    return done.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("kill")
@pytest.mark.parametrize("moment", range(KILLS))
def test_a_killed_run_recovers(undisturbed: tuple[dict[str, str], float], moment: int, tmp_path: Path) -> None:
    digests, seconds = undisturbed
    whole_group = moment % 2 == 0
    after = random.Random(moment).uniform(0.1, 0.95) * seconds
    copy_demo(tmp_path / "data", IDS)
    build = Build(tmp_path, config_of("data", shards=SHARDS))
    with (tmp_path / "killed.log").open("w") as log:
        process = subprocess.Popen(
            build.command(), cwd=build.folder, env=build.environment(), stdout=log, stderr=log, start_new_session=True
        )
        time.sleep(after)
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
    recover(build)
    assert build.digests() == digests
    assert build.temporary_files() == []
    assert jobs(build.run()).total() == 0


@pytest.mark.xdist_group("kill")
def test_recovery_refuses_while_a_run_is_alive(tmp_path: Path) -> None:
    copy_demo(tmp_path / "data", IDS[:1])
    build = Build(tmp_path, config_of("data", shards=1))
    build.command()
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import sys, time; sys.argv[0] = 'snakemake'; time.sleep(60)", "snakemake"], cwd=tmp_path
    )
    try:
        done = subprocess.run(
            [sys.executable, str(REPOSITORY / "workflow" / "recover.py"), *build.command()[3:]],
            cwd=tmp_path,
            env=build.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        sleeper.kill()
        sleeper.wait()
    assert done.returncode == 1
    assert f"process {sleeper.pid}) still runs" in done.stderr
