"""The sentence of a recording: a beam search in which the decoder and CTC's prefix scores judge together.

Source: Watanabe et al. 2017 (hybrid CTC/attention), as Auto-AVSR's authors set it: no language model, no reward for
length. All hypotheses of a step are scored as one batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from kmtalk_align.asr.auto_avsr.config import SearchConfig
from kmtalk_align.asr.auto_avsr.ctc_prefix import CtcPrefixes
from kmtalk_align.asr.auto_avsr.decoder import Decoder, DecoderState

# The decoder's best of this many times the beam are what CTC scores of each hypothesis.
_PRESELECTED = 1.5
# The search ends where the hypotheses of so many lengths in a row all fall so far, in nats, behind the best.
_LENGTHS, _FAR_BEHIND = 3, 10.0


@dataclass(frozen=True)
class Hypothesis:
    """Ids of units, and the joint log-probability of the whole sentence, its end included."""

    units: tuple[int, ...]
    score: float


@dataclass(frozen=True)
class _Running:
    """n hypotheses of the same length that go on: their units (n, L) behind the start, joint scores (n,), states."""

    units: Tensor
    scores: Tensor
    decoder: DecoderState
    prefixes: CtcPrefixes


@dataclass
class _Ended:
    """The best of the hypotheses that came to their end, by length."""

    by_length: dict[int, Hypothesis] = field(default_factory=dict)

    def add(self, hypothesis: Hypothesis) -> None:
        length = len(hypothesis.units)
        known = self.by_length.get(length)
        if hypothesis.score > (known.score if known else -torch.inf):
            self.by_length[length] = hypothesis

    @property
    def best(self) -> Hypothesis:
        return max(self.by_length.values(), key=lambda one: one.score, default=Hypothesis((), -torch.inf))

    def fell_behind(self, length: int) -> bool:
        """Whether the hypotheses of this length and of those before it are far behind the best."""
        latest = [self.by_length.get(one) for one in range(length, length - _LENGTHS, -1)]
        limit = self.best.score - _FAR_BEHIND
        return all(one is not None and one.score < limit for one in latest)


def best_hypothesis(decoder: Decoder, recording: Tensor, ctc: Tensor, config: SearchConfig) -> Hypothesis:
    """The best hypothesis found about an encoded recording (T, d) with CTC's log-probabilities (T, V) of it.

    At most T units long; units are the ids from 1 to V - 2, and V - 1 both starts and ends a sentence.
    """
    end = ctc.shape[1] - 1
    start = torch.full((1, 1), end, device=ctc.device)
    running = _Running(start, ctc.new_zeros(1, dtype=torch.float64), decoder.start(recording), CtcPrefixes.start(ctc))
    ended = _Ended()
    for length in range(len(recording) + 1):
        outputs, state = decoder.step(running.units[:, -1], running.decoder)
        step = _Step(running, outputs.double(), state, config)
        running = step.take(ended, may_go_on=length < len(recording))
        # No score ever rises: what is behind the best one now stays behind it.
        if not len(running.scores) or running.scores.max() <= ended.best.score or ended.fell_behind(length):
            break
    return ended.best


class _Step:
    """One more unit, or the end, for each of n running hypotheses; outputs (n, V): the decoder's log-probabilities."""

    def __init__(self, running: _Running, outputs: Tensor, state: DecoderState, config: SearchConfig) -> None:
        self.running, self.state, self.config = running, state, config
        prefixes = running.prefixes
        decoder, ctc = 1 - config.ctc_weight, config.ctc_weight
        units = outputs[:, 1:-1]
        preselected = units.topk(min(int(_PRESELECTED * config.beam), units.shape[1]), dim=1)
        self.candidates = preselected.indices + 1
        self.ctc_scores = prefixes.scores_with(self.candidates)
        gained = decoder * preselected.values + ctc * (self.ctc_scores - prefixes.scores[:, None])
        self.scores = running.scores[:, None] + gained
        self.end_scores = running.scores + decoder * outputs[:, -1] + ctc * (prefixes.ended() - prefixes.scores)

    def take(self, ended: _Ended, *, may_go_on: bool) -> _Running:
        """The hypotheses among the best that go on; those that end are added to `ended`, all of them where none may."""
        if not may_go_on:
            self._end(ended, torch.arange(len(self.end_scores), device=self.scores.device))
            return self._go_on(torch.empty(0, dtype=torch.long, device=self.scores.device))
        every = torch.cat([self.scores.flatten(), self.end_scores])
        best = every.topk(min(self.config.beam, len(every)))
        chosen = best.indices[best.values > -torch.inf]
        self._end(ended, chosen[chosen >= self.scores.numel()] - self.scores.numel())
        return self._go_on(chosen[chosen < self.scores.numel()])

    def _end(self, ended: _Ended, places: Tensor) -> None:
        for place in places.tolist():
            units = self.running.units[place, 1:].tolist()
            ended.add(Hypothesis(tuple(units), float(self.end_scores[place])))

    def _go_on(self, places: Tensor) -> _Running:
        parents = places // self.candidates.shape[1]
        units = self.candidates.flatten()[places]
        return _Running(
            units=torch.cat([self.running.units[parents], units[:, None]], dim=1),
            scores=self.scores.flatten()[places],
            decoder=self.state.of(parents),
            prefixes=self.running.prefixes.extended(parents, units, self.ctc_scores.flatten()[places]),
        )
