"""The rotation, scale and translation that lay one set of points onto another: how the head's pose is taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]


def fitted(points: Points, target: Points, weights: Points, chosen: NDArray[np.integer] | None = None) -> Points:
    """Points (T, N, 3), each frame turned, scaled and moved so that those `chosen` (all where None) lie on the target.

    target (M, 3) are the places of the M chosen points and weights (M,) what each counts: the similarity of least
    weighted squares, never a reflection. Source: Umeyama, TPAMI 13(4), 1991, equations 40 to 43, weighted.
    Raises ValueError where the weights are not positive somewhere, or the chosen points of a frame lie on one line.
    """
    if not (weights >= 0).all() or weights.sum() <= 0:
        raise ValueError("weights are 0 or more, and not all 0")
    share = np.asarray(weights, np.float64) / weights.sum()
    source = np.asarray(points if chosen is None else points[:, chosen], np.float64)
    source_mean = share @ source  # (T, 3)
    target_mean = share @ np.asarray(target, np.float64)
    centred, wanted = source - source_mean[:, None], target - target_mean
    covariance = np.einsum("n,ni,tnj->tij", share, wanted, centred)
    left, values, right = np.linalg.svd(covariance)
    if (values[:, 1] <= 1e-9 * values[:, :1].clip(min=1e-300)[:, 0]).any():
        raise ValueError("the points of a frame lie on one line, which has no orientation")
    signs = np.ones_like(values)
    signs[:, 2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    rotation = (left * signs[:, None]) @ right
    spread = np.einsum("n,tni->t", share, centred**2)
    scale = (values * signs).sum(axis=1) / spread
    turned = (np.asarray(points, np.float64) - source_mean[:, None]) @ rotation.transpose(0, 2, 1)
    moved: Points = scale[:, None, None] * turned + target_mean
    return moved
