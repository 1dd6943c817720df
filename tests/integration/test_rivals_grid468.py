"""The published baselines on real captured motion: mean pose, and ridge regression from the log-mel spectrogram."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.prepare import prepare
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.comparison import Comparison
from kmtalk_model.encoders import encoder_config
from kmtalk_model.evaluate import Request, compare_with_rivals, hearing
from kmtalk_model.feature_cache import FeatureCache
from kmtalk_model.features import features

pytestmark = [pytest.mark.xdist_group("rivals_grid468"), pytest.mark.slow]


@pytest.fixture(scope="module")
def comparison(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("grid468")
    unpack = shared_data.parent / "tools" / "unpack_grid468.py"
    subprocess.run([sys.executable, str(unpack), str(shared_data / "grid468"), str(folder / "data")], check=True)
    block = FolderCorpus(name="grid468", root=str(folder / "data"), unit="metre", mouth_opening=(13, 14))
    prepare(block.open(), folder / "results" / "corpus", n_shards=1)
    cached = folder / "results" / "features" / "logmel"
    shard = folder / "results" / "corpus" / "00000-of-00001.parquet"
    features([shard], encoder_config({"backend": "logmel"}).load(), folder / "data", cached)
    corpus = CapturedCorpus(folder / "results", folder / "data")
    request = Request("testA", reference="mean pose")
    cache = FeatureCache(cached)
    return compare_with_rivals(corpus, hearing(cache, "average"), cache.failures(), [], request)


def test_the_mean_pose_has_the_published_figures(comparison: Comparison) -> None:
    found = comparison.estimates["mean pose"]
    assert found["lip_vertex_error"].value == pytest.approx(1.67e-5, abs=0.005e-5)
    assert found["upper_face_dynamics_deviation"].value == pytest.approx(5.7e-7, abs=0.05e-7)
    assert found["mouth_opening_correlation"].clips == 0
    assert (comparison.clips, comparison.frames) == (46, 46 * 74)


def test_ridge_regression_has_about_the_published_figures(comparison: Comparison) -> None:
    """7.2e-6 and 4.2e-7; the published regression does not say what context it had, and moved less than this one."""
    found = comparison.estimates["ridge regression"]
    assert found["lip_vertex_error"].value == pytest.approx(7.2e-6, rel=0.15)
    deviation = found["upper_face_dynamics_deviation"].value
    assert deviation is not None
    assert 2.5e-7 < deviation < 4.2e-7


def test_the_interval_tells_them_apart(comparison: Comparison) -> None:
    less = comparison.differences["ridge regression"]["lip_vertex_error"].relative
    assert less is not None
    assert less.high is not None
    assert less.high < -0.3
