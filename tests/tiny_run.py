"""A run with tiny networks of random weights, in a folder as `kmtalk assemble` leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.networks.config import CompletionConfig, KeyMotionConfig
from kmtalk_model.run_folder import Face, Run, RunFolder

V = 12
_SIZES: dict[str, Any] = {
    "heads": 2,
    "dropout": 0.1,
    "decoder_layers": 1,
    "components": 0,
    "context_layers": 2,
    "context_kernel": 5,
}
LOGMEL: dict[str, Any] = {"backend": "logmel"}
FACE = Face(25.0, "m", V, ((0, 1, 2), (9, 10, 11)), {"lips": (1, 2, 3)}, (2, 3))


def templates() -> dict[str, NDArray[np.float32]]:
    """Of two subjects, whose mean is another face."""
    ann = np.random.default_rng(0).standard_normal((V, 3)).astype(np.float32)
    return {"ann": ann, "ben": (1.1 * ann).astype(np.float32)}


def description(system: Literal["kmtalk", "single_stage"] = "kmtalk", **changes: Any) -> Run:
    """What run.json says; its stages lie beside the run, as one that shares them with another experiment has them."""
    names = ("key_motion", "completion") if system == "kmtalk" else ("single_stage",)
    values: dict[str, Any] = {
        "name": "tiny",
        "system": system,
        "experiment": {"key_motions_from": "key_motion", "completion": {"method": "network"}},
        "stages": {name: f"../base/{name}" for name in names},
        "encoder": LOGMEL,
        "asr": {"backend": "faster_whisper", "model": "tiny.en"},
        "aligner": {"backend": "pocketsphinx"},
        "selector": {"kind": "phoneme"},
        "resample": "average",
        "face": FACE,
        "corpus": "made-up",
        "description": "random weights",
    }
    return Run(**(values | changes))


def save_run(
    runs: Path, system: Literal["kmtalk", "single_stage"] = "kmtalk", *, features: int = 80, **changes: Any
) -> RunFolder:
    """Writes the folder runs/tiny and its stages in runs/base."""
    run = description(system, **changes)
    save_stages(runs / "base", run.face.vertex_count, features, tuple(run.stages))
    return RunFolder.write(runs / "tiny", run, templates())


def empty_stages(runs: Path) -> Path:
    """Stages of empty files in runs/base, which is all that a run asks of them until it loads their networks."""
    for stage in ("key_motion", "completion", "single_stage"):
        folder = runs / "base" / stage
        folder.mkdir(parents=True)
        for name in ("model.safetensors", "config.json"):
            (folder / name).touch()
    return runs


def save_stages(folder: Path, vertices: int, features: int, names: tuple[str, ...], width: int = 16) -> None:
    """Networks whose heads are random and not zero, as they start: something moves."""
    import torch

    from kmtalk_model.networks.completion import MotionCompletion
    from kmtalk_model.networks.key_motion import KeyMotionDecoder

    torch.manual_seed(0)
    for name in names:
        network: Any = (
            MotionCompletion(completion_config(vertices, features, width))
            if name == "completion"
            else KeyMotionDecoder(key_motion_config(vertices, features, width))
        )
        torch.nn.init.normal_(network.decoder.head.weight, std=0.01)
        network.save_pretrained(folder / name)


def key_motion_config(vertices: int, features: int, width: int = 16, **changes: Any) -> KeyMotionConfig:
    """Of a decoder with a part of everything."""
    own = {"memory": "audio", "positions": True}
    return KeyMotionConfig(vertices=vertices, features=features, **({**_SIZES, **own} | changes), width=width)


def completion_config(vertices: int, features: int, width: int = 16, **changes: Any) -> CompletionConfig:
    """The same of a completion."""
    own = {"encoder_layers": 1, "cross_layers": 1, "fusion_kernel": 3, "audio_guidance": True}
    return CompletionConfig(vertices=vertices, features=features, **({**_SIZES, **own} | changes), width=width)
