"""Results that can't be written are one error, before any job."""

from __future__ import annotations

from pathlib import Path

from tests.workflow_build import Build, config_of, copy_demo, demo_ids, jobs


def test_a_results_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    copy_demo(tmp_path / "data", demo_ids(1))
    build = Build(tmp_path, config_of("data", shards=1))
    # Where even root can't make a folder.
    (tmp_path / "results").symlink_to("/proc/self")
    output = build.run(fails=True)
    assert "error: results/small/any: cannot be written (" in output
    assert "Traceback" not in output
    assert not jobs(output)
    build.run("--dry-run")
