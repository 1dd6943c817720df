"""Motion as the networks see it: a few coefficients of a linear basis instead of every vertex."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MotionBasis(nn.Module):
    """Offsets from the template (..., V, 3) <-> coefficients (..., k) of unit deviation; no offset is all zeros.

    components 0: every coordinate by itself, all of one scale, as in SelfTalk; else an orthonormal basis that is fitted
    to the training motion (`fit`). Fitted values are buffers: they are stored with the weights.
    """

    basis: Tensor
    scale: Tensor

    def __init__(self, vertices: int, components: int) -> None:
        super().__init__()
        self.vertices = vertices
        self.width = components or 3 * vertices
        self.register_buffer("basis", torch.zeros(components, 3 * vertices))
        self.register_buffer("scale", torch.ones(components or 1))

    def set(self, basis: Tensor, scale: Tensor) -> None:
        """Take a basis (k, 3V) with orthonormal rows, and the deviation (k,) of its coefficients in training motion;
        without components a basis (0, 3V) and the deviation (1,) of all coordinates.
        """
        self.basis.copy_(basis)
        self.scale.copy_(scale)

    def encode(self, offsets: Tensor) -> Tensor:
        """Coefficients (..., k) of offsets (..., V, 3)."""
        flat = offsets.flatten(-2)
        return (flat if self._is_plain else flat @ self.basis.T) / self.scale

    def decode(self, coefficients: Tensor) -> Tensor:
        """Offsets (..., V, 3) of coefficients (..., k)."""
        scaled = coefficients * self.scale
        flat = scaled if self._is_plain else scaled @ self.basis
        return flat.reshape(*flat.shape[:-1], self.vertices, 3)

    @property
    def _is_plain(self) -> bool:
        return self.basis.shape[0] == 0
