"""CTC prefix scores: how probable it is that a sentence begins with these units, summed over all alignments.

Source: Graves 2008, Sec. 7.5; Hori et al. 2017 (arXiv:1706.02737), Algorithm 2. With two sums at each token t of the
recording, over alignments of the prefix up to t that end in its last unit (`unit`) or in a blank (`blank`). Their
recursions over t are solved at once by cumulative sums, in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BLANK = 0
_NO_UNIT = -1


@dataclass(frozen=True)
class CtcPrefixes:
    """n prefixes of the same recording.

    outputs: log-probabilities (T, V); unit, blank: the two log-sums (n, T); last: the latest unit (n,); scores (n,):
    the log-probability that a sentence begins so.
    """

    outputs: Tensor
    unit: Tensor
    blank: Tensor
    last: Tensor
    scores: Tensor

    @classmethod
    def start(cls, outputs: Tensor) -> CtcPrefixes:
        """The empty prefix, with which every sentence begins; outputs (T, V), T at least 1."""
        outputs = outputs.double()
        blank = outputs[:, BLANK].cumsum(0)[None]
        last = torch.full((1,), _NO_UNIT, device=outputs.device)
        return cls(outputs, torch.full_like(blank, -torch.inf), blank, last, blank.new_zeros(1))

    def ended(self) -> Tensor:
        """Log-probabilities (n,) that a sentence is the prefix and nothing more."""
        return torch.logaddexp(self.unit[:, -1], self.blank[:, -1])

    def scores_with(self, units: Tensor) -> Tensor:
        """The scores (n, k) of the prefixes that one more unit of each row (n, k) makes."""
        entering = _entering(*self._before(units, self.unit[:, None], self.blank[:, None], self.last[:, None]))
        return (entering + self.outputs.T[units]).logsumexp(-1)

    def extended(self, parents: Tensor, units: Tensor, scores: Tensor) -> CtcPrefixes:
        """The prefixes (m,) that are those at places `parents`, each with one more unit; scores: their scores."""
        unit_before, blank_before = self.unit[parents], self.blank[parents]
        entering = _entering(*self._before(units, unit_before, blank_before, self.last[parents]))
        unit = _accumulate(entering, self.outputs.T[units])
        blank = _accumulate(_delayed(unit, -torch.inf), self.outputs[:, BLANK].expand_as(unit))
        return CtcPrefixes(self.outputs, unit, blank, units, scores)

    def _before(self, units: Tensor, unit: Tensor, blank: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        """Log-sums (..., T) from which a unit may begin: after the same unit only from a blank. And the log of 1 where
        the prefix is empty, so that the unit may begin at once, of 0 elsewhere (..., 1).
        """
        both = torch.logaddexp(unit, blank)
        at_once = torch.where(last == _NO_UNIT, 0.0, -torch.inf).to(both.dtype)
        return torch.where((units == last)[..., None], blank, both), at_once[..., None].expand(*units.shape, 1)


def _entering(before: Tensor, at_once: Tensor) -> Tensor:
    """What enters a unit at each t: all that was before, at t - 1."""
    return torch.cat([at_once, before[..., :-1]], dim=-1)


def _delayed(sums: Tensor, first: float) -> Tensor:
    return torch.cat([torch.full_like(sums[..., :1], first), sums[..., :-1]], dim=-1)


def _accumulate(entering: Tensor, outputs: Tensor) -> Tensor:
    """Log-sums r (m, T): r(t) = log(exp r(t-1) + exp entering(t)) + outputs(t), where r(-1) is -inf."""
    passed = outputs.cumsum(-1)
    return passed + (entering - (passed - outputs)).logcumsumexp(-1)
