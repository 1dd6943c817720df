"""Training steps of both stages on made-up corpora in the shapes of BIWI and VOCASET: time, memory, projection.

    python tests/benchmarks/corpus_shapes.py [--preset NAME] [--corpus NAME] [--device cuda] [--steps 3] [--threads 2]

All presets and corpora unless some are named. Each stage runs in a process of its own, whose peak memory is printed: of
the process on a CPU, of the tensors on a GPU. On a GPU the time of the preset's epochs is projected, with the cache of
features and without it, which computes wav2vec 2.0's frozen convolutions in each step. Networks have random weights, as
fast as trained ones; nothing is downloaded and nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PRESETS = ("default", "paper")
STAGES = ("key_motion", "completion")
LIMIT_GB = 8
# Of tiny_en_logmel: Whisper's 384 and 80 mel bands.
DEFAULT_FEATURES = 464
TOKEN_RATE, CONVOLUTIONS, LARGE = 50.0, 512, 1024
# The sizes of facebook/wav2vec2-large-xlsr-53 as its config.json has them.
WAV2VEC2 = {
    "hidden_size": LARGE,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "conv_dim": (CONVOLUTIONS,) * 7,
    "conv_bias": True,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
}


@dataclass(frozen=True)
class Shape:
    """A corpus: vertices, frames a second, training clips, seconds of a clip; and what SelfTalk takes for it: d, and
    how many tokens stand side by side at a frame.
    """

    vertices: int
    fps: float
    clips: int
    seconds: float
    width: int
    tokens_per_frame: int


SHAPES = {"biwi": Shape(23_370, 25.0, 192, 4.7, 1024, 2), "vocaset": Shape(5_023, 30.0, 314, 4.0, 512, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=PRESETS, action="append")
    parser.add_argument("--corpus", choices=SHAPES, action="append")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=1, help="after a first one; 0: that one alone")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--stage", choices=STAGES, help="measure one alone: used by the benchmark itself")
    options = parser.parse_args()
    if options.stage:
        print(json.dumps(measured(options.preset[0], options.corpus[0], options)))
        return
    for preset in options.preset or PRESETS:
        for corpus in options.corpus or SHAPES:
            found = {stage: in_a_process(preset, corpus, stage, options) for stage in STAGES}
            say(preset, corpus, found, options.device)


def in_a_process(preset: str, corpus: str, stage: str, options: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, __file__, "--preset", preset, "--corpus", corpus, "--stage", stage]
    settings = ["--device", options.device, "--steps", str(options.steps), "--threads", str(options.threads)]
    done = subprocess.run([*command, *settings], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def say(preset: str, corpus: str, found: dict[str, dict[str, Any]], device: str) -> None:
    """Print the figures of both stages, and the projected time of all epochs on a GPU."""
    shape = SHAPES[corpus]
    print(f"{preset}, shape of {corpus}: {shape.vertices} vertices, {shape.fps:g} fps, {shape.seconds} s a clip")
    total = without = 0.0
    for stage, one in found.items():
        gate = f" (limit {LIMIT_GB})" if preset == "default" else ""
        later = f"a step {one['step_s']:.3f} s ({one['computing_s']:.2f} s of a core), "
        if math.isnan(one["computing_s"]):
            later = ""
        print(
            f"  {stage}: batch {one['batch']}, {one['parameters'] / 1e6:.1f} M parameters, "
            f"first step {one['first_s']:.2f} s, {later}"
            f"peak {one['peak_gb']:.2f} GB{gate}"
        )
        steps = one["epochs"] * -(-shape.clips // one["batch"])
        total += steps * one["step_s"]
        without += steps * (one["step_s"] + one["convolutions_s"])
    if device != "cpu":
        epochs = sum(one["epochs"] for one in found.values())
        print(f"  {epochs} epochs of {shape.clips} clips: {total / 3600:.2f} h with the cache of features", end="")
        print(f", {without / 3600:.2f} h without" if preset == "paper" else "")


def measured(preset: str, corpus: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of a stage's training steps."""
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    settings = stage_settings(preset, options.stage)
    size = settings.training.batch_size
    module, batch = made(preset, SHAPES[corpus], options.stage, settings, size)
    module, batch = module.to(options.device).train(), batch.to(options.device)
    step = training_step(module, settings, batch)
    first_s = seconds(step, options.device)
    began = time.process_time()
    step_s = statistics.median([seconds(step, options.device) for _ in range(options.steps)] or [first_s])
    computing_s = (time.process_time() - began) / options.steps if options.steps else float("nan")
    on_gpu = options.device != "cpu"
    peak = torch.cuda.max_memory_allocated() if on_gpu else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    paper_on_gpu = preset == "paper" and on_gpu
    return {
        "batch": size,
        "epochs": settings.training.epochs,
        "parameters": sum(one.numel() for one in module.parameters()),
        "first_s": first_s,
        "step_s": step_s,
        "computing_s": computing_s,
        "peak_gb": peak / 1e9,
        "convolutions_s": convolution_seconds(SHAPES[corpus], options.device) if paper_on_gpu else 0.0,
    }


def stage_settings(preset: str, stage: str) -> Any:
    """A stage of a preset."""
    from kmtalk_model.experiment_file import read_experiment

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measured.yaml"
        path.write_text(f"preset: {preset}\n")
        return getattr(read_experiment(path), stage)


def made(preset: str, shape: Shape, stage: str, settings: Any, size: int) -> tuple[Any, Any]:
    """A stage's module, and a batch for it."""
    import torch

    from kmtalk_model.networks.completion import MotionCompletion
    from kmtalk_model.networks.config import CompletionConfig, KeyMotionConfig
    from kmtalk_model.networks.key_motion import KeyMotionDecoder
    from kmtalk_model.networks.lip_reader import LipReader, LipReaderConfig
    from kmtalk_model.training.completion_module import CompletionModule
    from kmtalk_model.training.decoder_module import DecoderModule
    from kmtalk_model.training.stage_module import Regions

    choices = asdict(settings.network)
    data: dict[str, Any] = {"vertices": shape.vertices, "features": DEFAULT_FEATURES}
    if preset == "paper":
        choices["width"] = shape.width
        data |= {"features": shape.tokens_per_frame * CONVOLUTIONS, "wav2vec2": wav2vec2()}
        data["tokens_per_frame"] = shape.tokens_per_frame
    common = {"regions": Regions(torch.arange(250), torch.arange(250, 1500)), "seed": 0}
    batch = made_batch(shape, data["features"], size, settings)
    if stage == "completion":
        network = MotionCompletion(CompletionConfig(**choices, **data))
        set_basis(network.motion)
        return CompletionModule(network, settings, first_stage(preset, data), **common), batch
    decoder = KeyMotionDecoder(KeyMotionConfig(**choices, **data))
    set_basis(decoder.motion)
    reading = settings.lip_reading
    sizes = {} if reading is None else {name: getattr(reading, name) for name in ("width", "heads", "layers")}
    reader = reading and LipReader(LipReaderConfig(250, reading.vocabulary, feed_forward=reading.feed_forward, **sizes))
    return DecoderModule(decoder, settings, reader, 0, **common), batch


def first_stage(preset: str, data: dict[str, Any]) -> Any:
    """The decoder whose key motions the completion is trained on, None where they are the captured ones."""
    from kmtalk_model.networks.config import KeyMotionConfig
    from kmtalk_model.networks.key_motion import KeyMotionDecoder

    if stage_settings(preset, "completion").key_source not in ("predicted", "mixed"):
        return None
    return KeyMotionDecoder(KeyMotionConfig(**asdict(stage_settings(preset, "key_motion").network), **data))


def set_basis(motion: Any) -> None:
    """Any basis, in which something moves."""
    import torch

    rows = torch.randn(motion.basis.shape) / (3 * motion.vertices) ** 0.5
    motion.set(rows, torch.full(motion.scale.shape, 1e-3))


def wav2vec2() -> dict[str, Any]:
    """The config of wav2vec 2.0 large."""
    from transformers import Wav2Vec2Config

    found: dict[str, Any] = json.loads(Wav2Vec2Config(**WAV2VEC2).to_json_string(use_diff=False))
    return found


def made_batch(shape: Shape, features: int, size: int, settings: Any) -> Any:
    """Clips of random numbers, a third of whose frames are key frames."""
    import torch

    from kmtalk_model.dataset import Batch, Clip
    from kmtalk_model.networks.lip_target import LipTarget
    from kmtalk_model.training.collate import Collate

    frames = round(shape.seconds * shape.fps)
    clips = [
        Clip(
            str(place),
            torch.randn(frames, features),
            1e-3 * torch.randn(frames, shape.vertices, 3),
            torch.arange(0, frames, 3),
            shape.fps,
        )
        for place in range(size)
    ]
    batch: Batch = Collate(every_frame_a_key=False)(clips)
    reading = getattr(settings, "lip_reading", None)
    if reading is None:
        return batch
    tokens = round(shape.seconds * TOKEN_RATE) - 1
    states = [torch.randn(tokens, reading.width) for _ in clips]
    target = LipTarget.of([tokens] * size, [[5] * 40] * size, TOKEN_RATE, 0.0125, states)
    return Batch(batch.utterance_ids, batch.speech, batch.offsets, target)


def training_step(module: Any, settings: Any, batch: Any) -> Callable[[], None]:
    """What is done in a step of training."""
    import torch

    from kmtalk_model.losses import weighted_sum

    optimizer = torch.optim.AdamW(module.parameters(), 1e-4, weight_decay=settings.training.weight_decay)

    def step() -> None:
        optimizer.zero_grad()
        weighted_sum(module.terms(batch, batch.speech), settings.losses).backward()
        optimizer.step()

    return step


def seconds(work: Callable[[], None], device: str) -> float:
    """Wall seconds of some work, the GPU's included."""
    import torch

    begin = time.perf_counter()
    work()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - begin


def convolution_seconds(shape: Shape, device: str) -> float:
    """Seconds of wav2vec 2.0's frozen convolutions over a clip."""
    import torch
    from transformers import Wav2Vec2Config
    from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2FeatureEncoder

    encoder = Wav2Vec2FeatureEncoder(Wav2Vec2Config(**WAV2VEC2)).to(device).eval()
    sound = torch.randn(1, round(shape.seconds * 16_000), device=device)

    def work() -> None:
        with torch.inference_mode():
            encoder(sound)

    work()
    return statistics.median(seconds(work, device) for _ in range(5))


if __name__ == "__main__":
    main()
