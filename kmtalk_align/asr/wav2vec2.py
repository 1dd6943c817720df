"""Recogniser `wav2vec2`: any network of transformers that was fine-tuned with CTC (wav2vec 2.0, HuBERT, WavLM, ...)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby

from kmtalk_align.asr.base import Heard, ListeningRecogniser, check_language_given
from kmtalk_align.asr.ctc_checkpoint import load_ctc
from kmtalk_align.audio import SAMPLE_RATE, Samples
from kmtalk_align.errors import ConfigError

# A tenth of a second holds no word, and the convolutions need 25 ms.
_SHORTEST = SAMPLE_RATE // 10


@dataclass(frozen=True)
class Wav2Vec2Config:
    """model: the name of a checkpoint at Hugging Face, or the path of its folder; language: ISO 639-1, of what the
    checkpoint was trained on, which it doesn't say itself; revision: of the checkpoint at Hugging Face; device: as
    torch names them ("cpu", "cuda").
    """

    model: str
    backend: str = "wav2vec2"
    language: str = "en"
    revision: str | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Raise ConfigError for a language that is none."""
        check_language_given(self.backend, self.language)

    def load(self, threads: int = 1) -> Wav2Vec2:
        """The model, ready. Raises WeightsError or ConfigError."""
        return Wav2Vec2(self, threads)


class Wav2Vec2(ListeningRecogniser):
    """See ListeningRecogniser. Float32, in eval mode; the text of the likeliest path (greedy, Graves et al. 2006)."""

    def __init__(self, config: Wav2Vec2Config, threads: int) -> None:
        import torch

        checkpoint = load_ctc(config.model, config.revision)
        torch.set_num_threads(threads)
        try:
            self._network = checkpoint.network.float().eval().to(config.device)
        except (RuntimeError, AssertionError) as error:  # torch's, for a device that isn't here
            raise ConfigError(
                str(error).splitlines()[0],
                where=f"asr block, model {config.model}, device {config.device}",
                fix="`kmtalk doctor` says what this machine can do",
            ) from error
        self._extractor, self._tokenizer = checkpoint.extractor, checkpoint.tokenizer
        self._language, self._device = config.language, config.device
        self.model = f"transformers {version('transformers')} {config.model} ({checkpoint.identity})"

    def hear(self, window: Samples) -> Heard:
        """See ListeningRecogniser.hear. The mean log probability is the path's, over its frames."""
        import torch

        if len(window) < _SHORTEST:
            return self._heard("", 0.0)
        given = self._extractor(window, sampling_rate=SAMPLE_RATE, return_tensors="pt").to(self._device)
        with torch.inference_mode():
            logits = self._network(**given).logits[0]
            probability, labels = logits.log_softmax(dim=-1).max(dim=-1)
        said = without_repeats_and_blanks(labels.tolist(), self._tokenizer.pad_token_id)
        # Its own grouping comes after special tokens are gone, blanks too, and would make one letter of two.
        text = self._tokenizer.decode(said, group_tokens=False, skip_special_tokens=True)
        return self._heard(text, float(probability.mean()))

    def _heard(self, text: str, mean_log_probability: float) -> Heard:
        return Heard(" ".join(text.split()), self._language, 0.0, mean_log_probability, 1.0)


def without_repeats_and_blanks(path: Sequence[int], blank: int) -> list[int]:
    """The labels that a path of CTC stands for: a b b blank b -> a b b (Graves et al. 2006)."""
    return [label for label, _ in groupby(path) if label != blank]
