"""The preset `paper` from end to end, at tiny sizes: wav2vec 2.0 fine-tuned, and its CTC network as the teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from kmtalk_align.tables import FEATURE_STATUS
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.encoders.wav2vec2 import Wav2Vec2EncoderConfig
from kmtalk_model.experiment import Stage
from kmtalk_model.experiment_file import read_experiment
from kmtalk_model.feature_cache import Made, status_path, write_features
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from tests.made_capture import FPS, SHARD
from tests.tiny_wav2vec2 import LABELS, save_wav2vec2
from tests.training.made_experiment import FRAMES, corpus

pytestmark = pytest.mark.xdist_group("training")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_wav2vec2(tmp_path_factory.mktemp("wav2vec2"))


@pytest.fixture(scope="module")
def made(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> CapturedCorpus:
    """Clips of noise, with the convolutions' features and the CTC network's states and labels."""
    found = corpus(tmp_path_factory.mktemp("paper"))
    encoder = Wav2Vec2EncoderConfig(str(checkpoint), outputs=("conv", "ctc")).load()
    noise = np.random.default_rng(0)
    sounds = [noise.normal(0, 0.1, round(16_000 * frames / FPS)).astype(np.float32) for frames in FRAMES.values()]
    encoded = dict(zip(FRAMES, encoder.encode(sounds), strict=True))
    folder = found.results.folder / "features" / "wav2vec2"
    tensors = {f"{one}/{name}": values for one, own in encoded.items() for name, values in own.features.items()}
    halves = {name: values.astype(np.float16) for name, values in tensors.items()}
    write_features(folder, SHARD, halves, Made(encoder.streams, encoder.identity, "", 1))
    rows = [
        {"utterance_id": one, "ctc_ids": [4, 5, 6], "ctc_text": "", "status": "ok", "message": ""} for one in FRAMES
    ]
    FEATURE_STATUS.write(status_path(folder, SHARD), rows)
    return found


def paper(folder: Path, checkpoint: Path, resample: str) -> Path:
    """The preset with all sizes tiny, and two epochs."""
    small: dict[str, Any] = {"network": {"width": 8, "heads": 2}, "training": {"epochs": 2}}
    reading = {"vocabulary": len(LABELS), "width": 32, "heads": 2, "layers": 1, "feed_forward": 8}
    changes = {
        "preset": "paper",
        "keys": {"asr": "asr", "aligner": "aligner", "selector": "phoneme"},
        "audio": {"resample": resample, "fine_tune": str(checkpoint)},
        "key_motion": small | {"lip_reading": reading},
        "completion": small,
    }
    folder.mkdir(parents=True)
    path = folder / "tiny_paper.yaml"
    path.write_text(yaml.safe_dump(changes))
    return path


@pytest.mark.parametrize("resample", ["interpolate", "stack"])
@pytest.mark.parametrize(("stage", "kind"), [("key_motion", KeyMotionDecoder), ("completion", MotionCompletion)])
def test_a_stage_fine_tunes_the_checkpoint(
    made: CapturedCorpus, checkpoint: Path, tmp_path: Path, stage: Stage, kind: Any, resample: str
) -> None:
    from kmtalk_model.training.machine import Machine
    from kmtalk_model.training.train import train

    experiment = read_experiment(paper(tmp_path / "experiments", checkpoint, resample))
    train(experiment, stage, made, tmp_path / stage, machine=Machine(accelerator="cpu"))
    network = kind.from_pretrained(tmp_path / stage)
    before = load_file(checkpoint / "model.safetensors")
    trained = {name.partition("audio.transformer.")[2]: value for name, value in network.state_dict().items()}
    weight = "encoder.layers.0.attention.q_proj.weight"
    start = next(value for name, value in before.items() if name.endswith(weight))
    moved = (trained[weight] - start).abs().max()
    assert 0 < moved < 0.05  # it began at the checkpoint's weights, and they were trained
    assert torch.isfinite(trained[weight]).all()
    header = (tmp_path / stage / "metrics.csv").read_text().partition("\n")[0]
    assert ("train/latent" in header and "train/ctc" in header) == (stage == "key_motion")
