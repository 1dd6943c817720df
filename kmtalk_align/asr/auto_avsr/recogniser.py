"""Recogniser `auto_avsr` itself: loads the network, and listens with it."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import ClassVar

import torch

from kmtalk_align.asr.auto_avsr.checkpoint import load_checkpoint
from kmtalk_align.asr.auto_avsr.config import AutoAvsrConfig
from kmtalk_align.asr.auto_avsr.frontend import TOKEN_SAMPLES
from kmtalk_align.asr.auto_avsr.search import best_hypothesis
from kmtalk_align.asr.auto_avsr.units import Units
from kmtalk_align.asr.base import Heard, ListeningRecogniser
from kmtalk_align.audio import Samples
from kmtalk_align.errors import ConfigError, WeightsError


class AutoAvsr(ListeningRecogniser):
    """See ListeningRecogniser. The network was trained on clips of up to 16 s, so windows are no longer."""

    window_s: ClassVar[float] = 16.0

    def __init__(self, config: AutoAvsrConfig, threads: int) -> None:
        self._units = Units.read(config.units)
        checkpoint = load_checkpoint(config.checkpoint)
        if checkpoint.size.outputs != self._units.outputs:
            raise WeightsError(
                f"has {checkpoint.size.outputs} outputs, and the {len(self._units.pieces)} units, blank and end would "
                f"be {self._units.outputs}",
                where=config.checkpoint,
                fix=f"give the unit list that it was trained with; this one is {config.units}",
            )
        torch.set_num_threads(threads)
        try:
            self._network = checkpoint.network.to(config.device)
        except (RuntimeError, AssertionError) as error:  # AssertionError: torch without CUDA
            raise ConfigError(
                f"torch cannot put the network there ({str(error).splitlines()[0]})",
                where=f"asr block, device {config.device}",
                fix="cpu works everywhere; `kmtalk doctor` says what this machine can do",
            ) from error
        self._search, self._device = config.search, config.device
        name = Path(config.checkpoint).name
        self.model = f"auto_avsr {name} {checkpoint.identity}; {config.search}"

    def hear(self, window: Samples) -> Heard:
        """See ListeningRecogniser.hear. The mean log-probability is the search's joint one, by units and the end."""
        if len(window) < TOKEN_SAMPLES:
            return Heard("", "en", 0.0, 0.0, 1.0)
        with torch.inference_mode():
            recording = self._network(torch.from_numpy(window).to(self._device)[None])[0]
            found = best_hypothesis(self._network.decoder, recording, self._network.ctc(recording), self._search)
        text = self._units.text(found.units)
        return Heard(text, "en", 0.0, found.score / (len(found.units) + 1), _compression_ratio(text))


def _compression_ratio(text: str) -> float:
    """How far zlib shrinks a text, as Whisper measures it (openai/whisper utils.py): much means a loop."""
    content = text.encode()
    return len(content) / len(zlib.compress(content))
