"""What the lip-reading losses aim at, from cached artefacts: the teacher's states, and what is said."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

import torch

from kmtalk_align.errors import ConfigError
from kmtalk_align.stage import Row, failure
from kmtalk_align.tables import TRANSCRIPTS
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.characters import ENGLISH
from kmtalk_model.experiment import DecoderStage, Keys, LipReading
from kmtalk_model.feature_cache import FeatureCache
from kmtalk_model.networks.lip_reader import LipReader, LipReaderConfig
from kmtalk_model.networks.lip_target import LipTarget

_log = logging.getLogger(__name__)


class LipTargets:
    """The targets of utterances. Raises ArtefactError where the teacher's features are missing, ConfigError where the
    config names a stream that it has not, or a width other than the latent target's.
    """

    def __init__(self, corpus: CapturedCorpus, keys: Keys, stage: DecoderStage, config: LipReading) -> None:
        self._cache = FeatureCache(corpus.results.folder / "features" / config.teacher)
        if config.stream not in self._cache.streams:
            raise ConfigError(
                f"the encoder {config.teacher} has no output {config.stream!r}",
                where="experiment, lip_reading",
                fix=f"choose from: {', '.join(self._cache.streams)}",
            )
        self._stream = self._cache.streams[config.stream]
        self._name, self._with_states = config.stream, stage.losses.latent != 0
        if self._with_states and self._stream.width != config.width:
            raise ConfigError(
                f"the lip reader's width {config.width} is not that of its latent target, {self._stream.width}",
                where="experiment, lip_reading, width",
                fix="make them equal, or set the weight of the loss `latent` to 0",
            )
        self.missing = self._cache.failures()  # why utterances have no target, by id
        self._words: dict[str, list[str]] | None = None
        if config.text == "transcript":
            rows = _transcripts(corpus, keys.asr)
            self._words = {row["utterance_id"]: row["words"] for row in rows}
            self.missing |= {row["utterance_id"]: row["message"] for row in rows if failure(row) is not None}
        self.vocabulary, self.blank = (
            (config.vocabulary, config.blank) if self._words is None else (ENGLISH.size, ENGLISH.blank)
        )
        self._dropped: Counter[str] = Counter()

    def of(self, utterance_ids: Sequence[str]) -> LipTarget:
        """The target of a batch. Raises ArtefactError where an utterance lacks features or a transcript."""
        states = [torch.from_numpy(self._cache.read(one, self._name)) for one in utterance_ids]
        return LipTarget.of(
            [len(one) for one in states],
            [self._labels(one) for one in utterance_ids],
            self._stream.rate_hz,
            self._stream.first_s,
            states if self._with_states else None,
        )

    def _labels(self, utterance_id: str) -> Sequence[int]:
        if self._words is None:
            return self._cache.spoken(utterance_id).ids
        found = ENGLISH.encode(self._words.get(utterance_id, []))
        if found.dropped and not self._dropped:
            _log.warning("%s: characters that lip reading has no label for: %s", utterance_id, "".join(found.dropped))
        self._dropped.update(found.dropped)
        return found.ids


def new_lip_reader(config: LipReading, targets: LipTargets, lips: int) -> LipReader:
    """A lip reader of so many lip vertices, for the labels of its targets."""
    return LipReader(
        LipReaderConfig(
            vertices=lips,
            vocabulary=targets.vocabulary,
            width=config.width,
            heads=config.heads,
            layers=config.layers,
            feed_forward=config.feed_forward,
        )
    )


def _transcripts(corpus: CapturedCorpus, asr: str) -> list[Row]:
    folder = corpus.results.folder / "transcripts" / asr
    return [row for name in corpus.results.shards for row in TRANSCRIPTS.read(folder / f"{name}.parquet")]
