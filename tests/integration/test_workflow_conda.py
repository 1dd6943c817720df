"""`snakemake --sdm conda` with the aligner `mfa`, against stand-ins for conda and for MFA.

The environment of MFA holds `mfa` and nothing of ours, and activating it takes our own off the path, as conda does
where Snakemake itself runs in an environment of conda's.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from kmtalk_align.tables import TEXTGRID_STATUS
from tests.workflow_build import REPOSITORY, Build, config_of, copy_demo, jobs

FAKE = REPOSITORY / "tests" / "aligners" / "mfa" / "fake_mfa.py"
KMTALK = Path(sys.executable).parent / "kmtalk"
IDS = ["kal_sentence01", "slt_sentence01"]

# What Snakemake asks of conda. An environment gets what its file asks for; the `python` of MFA's is a trap, since
# kmtalk must not run on it.
CONDA = f"""#!/bin/bash
set -eu
base=$(cd "$(dirname "$0")/.." && pwd)
case "$*" in
    "info --json") echo "{{\\"conda_prefix\\": \\"$base\\", \\"platform\\": \\"linux-64\\"}}" ;;
    "--version") echo "conda 25.1.1" ;;
    "config --get channel_priority --json") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
    "env create "*)
        while [ $# -gt 0 ]; do
            case "$1" in --file) file=$2 ;; --prefix) prefix=$2 ;; esac
            shift
        done
        mkdir -p "$prefix/bin"
        if grep -q montreal-forced-aligner "$file"; then
            printf '#!/bin/sh\\nexec "{sys.executable}" "{FAKE}" long "$@"\\n' > "$prefix/bin/mfa"
            printf '#!/bin/sh\\nexit 99\\n' > "$prefix/bin/python"
        else
            printf '#!/bin/sh\\nexec "{KMTALK}" "$@"\\n' > "$prefix/bin/kmtalk"
            printf '#!/bin/sh\\nexit 0\\n' > "$prefix/bin/python"
        fi
        chmod +x "$prefix"/bin/* ;;
    "clean -y --tarballs") ;;
    *) echo "unexpected: conda $*" >&2; exit 1 ;;
esac
"""
# Snakemake drops PYTHONPATH here, by which these tests may run on a checkout that is not the installed one.
ACTIVATE = f'export CONDA_PREFIX="$1" PATH="$1/bin:/usr/bin:/bin" PYTHONPATH="{REPOSITORY}"\n'


def test_mfa_is_found_in_its_environment_and_kmtalk_in_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tmp_path / "conda" / "bin"
    base.mkdir(parents=True)
    (base / "conda").write_text(CONDA)
    (base / "conda").chmod(0o755)
    (base / "activate").write_text(ACTIVATE)
    monkeypatch.setenv("PATH", f"{base}:/usr/bin:/bin")
    copy_demo(tmp_path / "data", IDS)
    aligners = {name: {"backend": "mfa", "speaker_adaptation": name == "adapted"} for name in ("adapted", "alone")}
    runs = [{"asr": "reference", "aligner": name, "selector": "phoneme"} for name in aligners]
    build = Build(tmp_path / "work", config_of("../data", shards=1, aligner=aligners, runs=runs))
    ran = jobs(build.run("--sdm", "conda"))
    assert (ran["align_speaker"], ran["align_mfa"]) == (2, 1)
    for name in aligners:
        rows = TEXTGRID_STATUS.read(build.results / "textgrids" / f"reference.{name}" / "00000-of-00001.status.parquet")
        assert {row["utterance_id"]: row["status"] for row in rows} == dict.fromkeys(IDS, "ok")


def test_the_environment_pins_mfa_as_the_aligner_checks_it() -> None:
    environment = yaml.safe_load((REPOSITORY / "workflow" / "envs" / "mfa.yaml").read_text())
    assert environment == {
        "channels": ["conda-forge", "nodefaults"],
        "dependencies": ["montreal-forced-aligner >=3.4,<4"],
    }
