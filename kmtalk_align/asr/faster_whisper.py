"""Recogniser `faster_whisper`: Whisper by CTranslate2, fast on a CPU."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from kmtalk_align.allocator import keep_freed_memory
from kmtalk_align.asr.base import Heard, ListeningRecogniser, check_language
from kmtalk_align.asr.weights import faster_whisper_folder
from kmtalk_align.audio import Samples
from kmtalk_align.errors import ConfigError


@dataclass(frozen=True)
class FasterWhisperConfig:
    """model: a name ("tiny.en", "large-v3"), a Hugging Face repository, or the path of a CTranslate2 folder.

    language: ISO 639-1, or "detect"; device: "cpu", "cuda" or "auto"; compute_type: as CTranslate2 names them.
    """

    model: str = "tiny.en"
    backend: str = "faster_whisper"
    language: str = "en"
    device: str = "cpu"
    compute_type: str = "int8"

    def load(self, threads: int = 1) -> FasterWhisper:
        """The model, ready. Raises WeightsError or ConfigError."""
        return FasterWhisper(self, threads)


class FasterWhisper(ListeningRecogniser):
    """See ListeningRecogniser."""

    def __init__(self, config: FasterWhisperConfig, threads: int) -> None:
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import _LANGUAGE_CODES

        # Of the public lists one needs a loaded model, and holds en alone where that is for English.
        check_language(config.model, config.language, _LANGUAGE_CODES)
        keep_freed_memory()
        weights = faster_whisper_folder(config.model)
        try:
            self._model = WhisperModel(
                str(weights.path), device=config.device, compute_type=config.compute_type, cpu_threads=threads
            )
        except (ValueError, RuntimeError) as error:
            raise ConfigError(
                str(error),
                where=f"asr block, model {config.model}, device {config.device}, compute_type {config.compute_type}",
                fix="`kmtalk doctor` says what this machine can do",
            ) from error
        self._language = None if config.language == "detect" else config.language
        self.model = f"faster-whisper {version('faster-whisper')} {config.model} ({weights.identity})"

    def hear(self, window: Samples) -> Heard:
        """See ListeningRecogniser.hear."""
        segments, info = self._model.transcribe(
            window,
            language=self._language,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        parts: list[Any] = list(segments)
        return Heard(
            text=" ".join(part.text.strip() for part in parts),
            language=info.language,
            no_speech_probability=max((part.no_speech_prob for part in parts), default=1.0),
            mean_log_probability=min((part.avg_logprob for part in parts), default=-10.0),
            compression_ratio=max((part.compression_ratio for part in parts), default=0.0),
        )
