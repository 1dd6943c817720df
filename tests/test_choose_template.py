from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.errors import ConfigError, KMTalkError
from kmtalk_model.run_folder import RunFolder
from kmtalk_model.templates import choose_template
from tests.tiny_run import V, description, empty_stages, templates


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.write(empty_stages(tmp_path) / "tiny", description(), templates())


def test_without_a_wish_it_is_the_mean_of_the_subjects(run: RunFolder) -> None:
    np.testing.assert_allclose(choose_template(run), 1.05 * templates()["ann"], rtol=1e-6)


def test_a_subject_is_taken_by_name(run: RunFolder) -> None:
    np.testing.assert_array_equal(choose_template(run, subject="ben"), templates()["ben"])
    with pytest.raises(ConfigError, match="no subject 'cleo'; choose from: ann, ben"):
        choose_template(run, subject="cleo")


def test_a_face_comes_from_a_file_or_an_array(run: RunFolder, tmp_path: Path) -> None:
    ann = templates()["ann"]
    np.save(tmp_path / "rows.npy", ann)
    np.save(tmp_path / "flat.npy", ann.astype(np.float64).ravel())
    (tmp_path / "face.obj").write_text("".join(f"v {x:.9g} {y:.9g} {z:.9g}\n" for x, y, z in ann))
    for given in (tmp_path / "rows.npy", tmp_path / "flat.npy", tmp_path / "face.obj", ann):
        np.testing.assert_array_equal(choose_template(run, given), ann)


@pytest.mark.parametrize("count", [V - 1, 5023])
def test_another_topology_is_one_error_that_names_both_counts(count: int, run: RunFolder, tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.ones((count, 3)))
    with pytest.raises(ConfigError, match=rf"other\.npy: has {count:,} vertices, and the run's faces have {V}; "):
        choose_template(run, tmp_path / "other.npy")


def test_a_face_in_another_unit_is_refused(run: RunFolder) -> None:
    with pytest.raises(ConfigError, match="scale it to the run's unit"):
        choose_template(run, 1000 * templates()["ann"])


def test_a_file_that_holds_no_face_is_refused(run: RunFolder, tmp_path: Path) -> None:
    np.save(tmp_path / "motion.npy", np.zeros((5, V, 3)))
    np.save(tmp_path / "wide.npy", np.zeros((5, V * 3)))
    (tmp_path / "text.npy").write_text("text")
    (tmp_path / "face.stl").write_text("solid")
    for name in ("motion.npy", "wide.npy", "text.npy", "face.stl", "none.npy", "none.obj"):
        with pytest.raises(KMTalkError, match=name):
            choose_template(run, tmp_path / name)
    with pytest.raises(ConfigError, match="NaN"):
        choose_template(run, np.full((V, 3), np.nan))
    with pytest.raises(ConfigError, match="exclude each other"):
        choose_template(run, templates()["ann"], "ann")
