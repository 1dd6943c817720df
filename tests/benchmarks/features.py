"""Audio features of a corpus, measured: speed against the bare encoders, and reading against training.

    python tests/benchmarks/features.py DATA [--work DIR] [--cores 2]

DATA is a corpus in the folder layout (README, "Your own data"). Nothing here is asserted; the figures are printed. The
ratios are of one run: bare encoders, `kmtalk features`, bare encoders again, on the same cores; both from the start of
the process, and without it.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from kmtalk_align.audio import decode
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.motion import vertices
from kmtalk_align.prepare import prepare
from kmtalk_align.stage import utterance_of
from kmtalk_align.tables import CORPUS
from kmtalk_model.feature_cache import FeatureCache

GATE, LOADER_GATE = 1.25, 0.02
BATCH, WIDTH = 16, 512
BLOCK = {
    "backend": "join",
    "parts": {
        "whisper": {"backend": "whisper", "model": "tiny.en", "outputs": ["layer_3"]},
        "logmel": {"backend": "logmel"},
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, default=Path("benchmark-features"), help="is emptied first")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--bare", action="store_true", help="run the bare encoders alone: used by the benchmark itself")
    options = parser.parse_args()
    if options.bare:
        print(bare(options.data, options.cores))
        return
    shutil.rmtree(options.work, ignore_errors=True)
    prepare(FolderCorpus(name="bench", root=str(options.data)).open(), options.work / "corpus", n_shards=8, threads=2)
    compare_speed(options.data, options.work, options.cores)
    compare_loader(options.data, options.work)


def compare_speed(data: Path, work: Path, cores: int) -> None:
    """`kmtalk features` over all shards in one process against the bare encoders in one process."""
    command = [sys.executable, __file__, str(data), "--bare", "--cores", str(cores)]
    before, inner_before = timed(command)
    shards = sorted(map(str, (work / "corpus").glob("0*.parquet")))
    kmtalk = [str(Path(sys.executable).with_name("kmtalk")), "features", *shards, "--root", str(data)]
    wall, _ = timed(
        [*kmtalk, "--encoder", json.dumps(BLOCK), "--output", str(work / "features"), "--threads", str(cores)]
    )
    after, inner_after = timed(command)
    start = statistics.mean([before - inner_before, after - inner_after])
    print(
        f"bare encoders {before:.1f} and {after:.1f} s, of which {start:.1f} s to start; kmtalk features {wall:.1f} s"
    )
    print(f"RATIO kmtalk features / bare encoders: {wall / statistics.mean([before, after]):.3f} (gate {GATE})")
    inner = statistics.mean([inner_before, inner_after])
    print(f"RATIO without the time to start: {(wall - start) / inner:.3f} (gate {GATE})")


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds of a command, and the number that it prints."""
    begin = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return time.perf_counter() - begin, float(done.stdout.strip() or 0)


def bare(data: Path, cores: int) -> float:
    """Seconds of Whisper's encoder and the log-mel spectrogram over all recordings, as a plain script has them."""
    import torch
    import whisper
    from torch.nn.functional import gelu

    from kmtalk_align.asr.weights import whisper_checkpoint

    torch.set_num_threads(cores)
    encoder = whisper.load_model(str(whisper_checkpoint("tiny.en").path), device="cpu").encoder
    kept = []
    begin = time.perf_counter()
    with torch.inference_mode():
        for path in sorted((data / "wav").iterdir()):
            mel = whisper.log_mel_spectrogram(decode(path))
            hidden = gelu(encoder.conv2(gelu(encoder.conv1(mel[None])))).permute(0, 2, 1)
            hidden = hidden + encoder.positional_embedding[: hidden.shape[1]]
            for block in encoder.blocks[:3]:
                hidden = block(hidden)
            kept.append((hidden[0].half().numpy(), mel.T.half().numpy()))
    return time.perf_counter() - begin


def compare_loader(data: Path, work: Path) -> None:
    """Reading random batches of features and motion against training steps of a network of part 3's size."""
    rows = [row for path in sorted((work / "corpus").glob("0*.parquet")) for row in CORPUS.read(path)]
    rows = [row for row in rows if row["status"] == "ok" and row["motion"]]
    cache, draw = FeatureCache(work / "features"), random.Random(0)
    first = read_seconds([rows[place : place + BATCH] for place in range(0, len(rows), BATCH)], cache, data)
    later = read_seconds([draw.sample(rows, BATCH) for _ in range(40)], cache, data)
    step = statistics.median(training_steps([read_batch(draw.sample(rows, BATCH), cache, data) for _ in range(7)]))
    print(
        f"a batch of {BATCH}: {1000 * first:.1f} ms to read in the first epoch, {1000 * later:.1f} ms at random later,"
    )
    print(f"{1000 * step:.0f} ms a training step of width {WIDTH}")
    print(f"SHARE of a step: {first / step:.4f} in the first epoch, {later / step:.4f} later (gate {LOADER_GATE})")


def read_seconds(batches: list[list[dict[str, Any]]], cache: FeatureCache, data: Path) -> float:
    """Median seconds of reading a batch."""
    seconds = []
    for rows in batches:
        begin = time.perf_counter()
        read_batch(rows, cache, data)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def read_batch(rows: list[dict[str, Any]], cache: FeatureCache, data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Features (B, T, d) and vertices (B, T, 3 V) of clips, padded to the longest."""
    longest = max(row["n_frames"] for row in rows)
    found: tuple[np.ndarray, np.ndarray] | None = None
    for place, row in enumerate(rows):
        utterance, n_frames = utterance_of(row), row["n_frames"]
        assert utterance.motion is not None
        heard = cache.at_frames(utterance.utterance_id, n_frames, utterance.fps)
        seen = vertices(utterance.motion, data, n_frames=n_frames).reshape(n_frames, -1)
        if found is None:
            widths = (heard.shape[1], seen.shape[1])
            found = tuple(np.zeros((len(rows), longest, width), np.float32) for width in widths)
        found[0][place, :n_frames], found[1][place, :n_frames] = heard, seen
    assert found is not None
    return found


def training_steps(batches: list[tuple[np.ndarray, np.ndarray]]) -> list[float]:
    """Seconds of training steps of a network as large as motion completion is to be.

    An estimate until that network is here: it is the smaller of the two stages, which has no lip-reading branch.
    """
    import torch

    heard, seen = batches[0]
    network = completion_network(heard.shape[-1], seen.shape[-1])
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
    seconds = []
    for heard, seen in batches:
        begin = time.perf_counter()
        target = torch.from_numpy(seen)
        loss = torch.nn.functional.mse_loss(network(torch.from_numpy(heard), target), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seconds.append(time.perf_counter() - begin)
    return seconds


def completion_network(audio_width: int, motion_width: int) -> Any:
    """Layers of the sizes that motion completion has; every third frame stands for a key frame."""
    import torch
    from torch import nn

    def decoder(layers: int) -> nn.TransformerDecoder:
        return nn.TransformerDecoder(nn.TransformerDecoderLayer(WIDTH, 4, 2 * WIDTH, batch_first=True), layers)

    class Completion(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.audio, self.keys = nn.Linear(audio_width, WIDTH), nn.Linear(motion_width, WIDTH)
            layer = nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, batch_first=True)
            self.key_encoder, self.between, self.decoder = nn.TransformerEncoder(layer, 2), decoder(2), decoder(1)
            self.fusion, self.gate = nn.Conv1d(WIDTH, WIDTH, 3, padding=1), nn.Linear(2 * WIDTH, WIDTH, bias=False)
            self.vertices = nn.Linear(WIDTH, motion_width)

        def forward(self, heard: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
            audio, keys = self.audio(heard), self.key_encoder(self.keys(seen[:, ::3]))
            flow = self.fusion(self.between(torch.zeros_like(audio), keys).mT).mT
            gate = torch.sigmoid(self.gate(torch.cat([audio, flow], dim=-1)))
            mixed = gate * audio + (1 - gate) * flow
            return self.vertices(self.decoder(mixed, mixed))

    return Completion()


if __name__ == "__main__":
    main()
