"""The joint search: CTC's prefix scores against every alignment, the beam against every sentence."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.asr.auto_avsr.config import SearchConfig
from kmtalk_align.asr.auto_avsr.ctc_prefix import BLANK, CtcPrefixes
from kmtalk_align.asr.auto_avsr.search import Hypothesis, best_hypothesis
from kmtalk_align.asr.auto_avsr.size import NetworkSize
from tests.slow_auto_avsr import SlowNetwork, log_softmax
from tests.tiny_auto_avsr import LAYERS, tiny_network

EVERYTHING = SearchConfig(beam=1000)
SIZE = NetworkSize(LAYERS.channels, 8, 2, 6, 5, encoder_layers=1, decoder_layers=1)
TOKENS, UNITS, END = 3, (1, 2, 3), 4


def log_outputs(seed: int, tokens: int, width: int, scale: float = 2.0) -> np.ndarray:
    return log_softmax(scale * np.random.default_rng(seed).standard_normal((tokens, width)))


def said(alignment: Iterable[int]) -> tuple[int, ...]:
    """What an alignment says: repeats as one, then without blanks."""
    return tuple(label for label, _ in itertools.groupby(alignment) if label != BLANK)


def log_sum(outputs: np.ndarray, counts: Callable[[tuple[int, ...]], bool]) -> float:
    """The log-probability of all alignments whose sentence counts, one by one."""
    tokens, width = outputs.shape
    alignments = (one for one in itertools.product(range(width), repeat=tokens) if counts(said(one)))
    total = sum(np.exp(outputs[range(tokens), list(one)].sum()) for one in alignments)
    with np.errstate(divide="ignore"):
        return float(np.log(total))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    tokens=st.integers(1, 5),
    width=st.integers(2, 4),
    prefix=st.lists(st.integers(0, 2), max_size=4),
)
def test_a_prefix_scores_the_sum_over_all_alignments(seed: int, tokens: int, width: int, prefix: list[int]) -> None:
    outputs = log_outputs(seed, tokens, width)
    units = [1 + one % (width - 1) for one in prefix]
    prefixes = CtcPrefixes.start(torch.from_numpy(outputs))
    for length in range(len(units) + 1):
        begun = tuple(units[:length])
        assert float(prefixes.ended()[0]) == pytest.approx(log_sum(outputs, begun.__eq__), abs=1e-9)
        choices = torch.arange(1, width)[None]
        scores = prefixes.scores_with(choices)
        for unit, score in zip(choices[0].tolist(), scores[0].tolist(), strict=True):
            longer = (*begun, unit)
            expected = log_sum(outputs, lambda one, longer=longer: one[: len(longer)] == longer)  # type: ignore[misc]
            assert score == pytest.approx(expected, abs=1e-9)
        if length < len(units):
            latest = torch.tensor([units[length]])
            prefixes = prefixes.extended(torch.tensor([0]), latest, scores[:, units[length] - 1])


def test_prefixes_are_extended_side_by_side_as_alone() -> None:
    start = CtcPrefixes.start(torch.from_numpy(log_outputs(0, 6, 4)))
    first = start.extended(torch.tensor([0, 0]), torch.tensor([1, 2]), start.scores_with(torch.tensor([[1, 2]]))[0])
    both = first.scores_with(torch.tensor([[1, 3], [1, 2]]))
    taken = first.extended(torch.tensor([1, 0, 1]), torch.tensor([2, 1, 1]), both[[1, 0, 1], [1, 0, 0]])
    for place, (parent, unit) in enumerate([(1, 2), (0, 1), (1, 1)]):
        alone = first.extended(torch.tensor([parent]), torch.tensor([unit]), taken.scores[place : place + 1])
        torch.testing.assert_close(alone.ended()[0], taken.ended()[place])
        torch.testing.assert_close(
            alone.scores_with(torch.tensor([[1, 2, 3]]))[0], taken.scores_with(torch.tensor([[1, 2, 3]] * 3))[place]
        )


def test_a_long_recording_keeps_its_precision() -> None:
    """400 tokens at float32, against the recursion of Hori et al. in plain steps."""
    outputs = log_softmax(8 * np.random.default_rng(0).standard_normal((400, 6)))
    prefixes = CtcPrefixes.start(torch.from_numpy(outputs.astype(np.float32)))
    unit, blank = np.full(400, -np.inf), outputs[:, 0].cumsum()
    last = None
    for label in (1, 1, 2, 5, 3, 3, 4):
        before = blank if label == last else np.logaddexp(unit, blank)
        unit_now, blank_now = np.full(400, -np.inf), np.full(400, -np.inf)
        unit_now[0] = outputs[0, label] if last is None else -np.inf
        for t in range(1, 400):
            unit_now[t] = np.logaddexp(unit_now[t - 1], before[t - 1]) + outputs[t, label]
            blank_now[t] = np.logaddexp(unit_now[t - 1], blank_now[t - 1]) + outputs[t, 0]
        unit, blank, last = unit_now, blank_now, label
        score = prefixes.scores_with(torch.tensor([[label]]))[0]
        prefixes = prefixes.extended(torch.tensor([0]), torch.tensor([label]), score)
    assert float(prefixes.ended()[0]) == pytest.approx(float(np.logaddexp(unit[-1], blank[-1])), rel=1e-6)


def searched(seed: int, config: SearchConfig) -> tuple[Hypothesis, Hypothesis]:
    """What the search finds about made-up sound, and the best of all sentences there are, scored slowly."""
    network = tiny_network(SIZE, seed).double()
    slow = SlowNetwork({name: value.numpy() for name, value in network.state_dict().items()}, SIZE.heads)
    recording = 2 * np.random.default_rng(seed).standard_normal((TOKENS, SIZE.width))
    ctc = slow.ctc(recording)
    every = []
    for length in range(TOKENS + 1):
        for units in itertools.product(UNITS, repeat=length):
            outputs = slow.decode([END, *units], recording)
            decoder = sum(outputs[place, one] for place, one in enumerate([*units, END]))
            heard = log_sum(ctc, lambda one, units=units: one == units)  # type: ignore[misc]
            score = (1 - config.ctc_weight) * decoder + config.ctc_weight * heard
            every.append(Hypothesis(units, float(score)))
    tensor = torch.from_numpy(recording)
    found = best_hypothesis(network.decoder, tensor, network.ctc(tensor), config)
    return found, max(every, key=lambda one: one.score)


@pytest.mark.parametrize("ctc_weight", [0.1, 0.9])
def test_a_beam_that_holds_everything_finds_the_best_of_all_sentences(ctc_weight: float) -> None:
    lengths = set()
    for seed in range(8):
        found, best = searched(seed, SearchConfig(1000, ctc_weight))
        assert found.units == best.units
        assert found.score == pytest.approx(best.score, abs=1e-5)
        lengths.add(len(best.units))
    assert len(lengths) > 1


@pytest.mark.parametrize("beam", [1, 2, 4])
def test_a_narrow_beam_finds_no_better_than_the_best_and_the_same_each_time(beam: int) -> None:
    for seed in range(4):
        found, best = searched(seed, SearchConfig(beam))
        assert -np.inf < found.score <= best.score + 1e-5
        assert searched(seed, SearchConfig(beam))[0] == found


class Scripted:
    """A decoder of two units that gives, at each length, the end a log-probability of the script, and the rest to unit
    1 and unit 2 in turn, which CTC can hear without blanks between them.
    """

    def __init__(self, *ends: float) -> None:
        self.ends, self.steps = ends, 0

    def start(self, recording: torch.Tensor) -> Scripted:
        return self

    def of(self, hypotheses: torch.Tensor) -> Scripted:
        return self

    def step(self, units: torch.Tensor, state: Scripted) -> tuple[torch.Tensor, Scripted]:
        end = self.ends[min(self.steps, len(self.ends) - 1)]
        rest = [np.log1p(-np.exp(end)), -60.0]
        self.steps += 1
        return torch.tensor([[-99.0, *(rest if self.steps % 2 else rest[::-1]), end]]).expand(len(units), -1), self


def scripted(tokens: int, *ends: float) -> tuple[Hypothesis, int]:
    decoder: Any = Scripted(*ends)
    ctc = torch.full((tokens, 4), 0.25).log()
    return best_hypothesis(decoder, torch.zeros(tokens, 1), ctc, SearchConfig(40, 1e-6)), decoder.steps


def test_the_search_ends_where_nothing_that_goes_on_can_become_the_best() -> None:
    found, steps = scripted(20, -0.5)
    assert (found.units, steps) == ((), 1)
    assert found.score == pytest.approx(-0.5, abs=1e-3)


def test_the_search_ends_where_the_three_latest_lengths_fell_far_behind() -> None:
    found, steps = scripted(20, -5.0, -30.0)
    assert (found.units, steps) == ((), 4)


def test_the_search_goes_on_where_they_are_not_so_far_behind() -> None:
    found, steps = scripted(20, -5.0, -14.0)
    assert (found.units, steps) == ((), 21)


def test_a_sentence_has_at_most_as_many_units_as_the_recording_has_tokens() -> None:
    found, steps = scripted(4, -40.0, -40.0, -40.0, -40.0, -1.0)
    assert (found.units, steps) == ((1, 2, 1, 2), 5)


def test_a_recording_is_searched_with_the_beam_that_is_wanted() -> None:
    widths = []

    class Watched(Scripted):
        def step(self, units: torch.Tensor, state: Scripted) -> tuple[torch.Tensor, Scripted]:
            widths.append(len(units))
            return super().step(units, state)

    decoder: Any = Watched(-100.0)
    ctc = torch.full((6, 4), 0.25).log()
    best_hypothesis(decoder, torch.zeros(6, 1), ctc, SearchConfig(3, 0.1))
    assert widths[:2] == [1, 2]
    assert max(widths) == 3
