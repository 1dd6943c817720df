"""Recogniser `whisper`: OpenAI's own implementation (openai-whisper)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from kmtalk_align.asr.base import Heard, ListeningRecogniser, check_language
from kmtalk_align.asr.weights import whisper_checkpoint
from kmtalk_align.audio import Samples
from kmtalk_align.errors import ConfigError


@dataclass(frozen=True)
class WhisperConfig:
    """model: a name ("tiny.en", "large-v3") or the path of a checkpoint; language: ISO 639-1, or "detect";
    device: as torch names them ("cpu", "cuda").
    """

    model: str = "tiny.en"
    backend: str = "whisper"
    language: str = "en"
    device: str = "cpu"

    def load(self, threads: int = 1) -> Whisper:
        """The model, ready. Raises WeightsError or ConfigError."""
        return Whisper(self, threads)


class Whisper(ListeningRecogniser):
    """See ListeningRecogniser. Float32 on a CPU, float16 on a GPU, as openai-whisper chooses."""

    def __init__(self, config: WhisperConfig, threads: int) -> None:
        import torch
        import whisper

        check_language(config.model, config.language, whisper.tokenizer.LANGUAGES)
        weights = whisper_checkpoint(config.model)
        torch.set_num_threads(threads)
        try:
            self._model = whisper.load_model(str(weights.path), device=config.device)
        except Exception as error:  # torch's errors, and those of a checkpoint that is none
            raise ConfigError(
                f"cannot be loaded ({next(iter(str(error).splitlines()), type(error).__name__)})",
                where=f"asr block, model {config.model}, device {config.device}",
                fix="`kmtalk doctor` says what this machine can do",
            ) from error
        language = None if config.language == "detect" else config.language
        if not self._model.is_multilingual:
            language = "en"
        self._options = whisper.DecodingOptions(
            language=language, temperature=0.0, without_timestamps=True, fp16=config.device != "cpu"
        )
        self.model = f"openai-whisper {version('openai-whisper')} {config.model} ({weights.identity})"

    def hear(self, window: Samples) -> Heard:
        """See ListeningRecogniser.hear."""
        import whisper

        spectrogram = whisper.log_mel_spectrogram(whisper.pad_or_trim(window), self._model.dims.n_mels)
        decoded = whisper.decode(self._model, spectrogram.to(self._model.device), self._options)
        return Heard(
            text=decoded.text,
            language=decoded.language,
            no_speech_probability=decoded.no_speech_prob,
            mean_log_probability=decoded.avg_logprob,
            compression_ratio=decoded.compression_ratio,
        )
