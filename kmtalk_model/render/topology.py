"""What a mesh' triangles say of its form: its rims, its connected parts, and what a region encloses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def boundary_loops(faces: NDArray[np.integer]) -> list[Indices]:
    """The closed rims of a mesh, each its vertices in order; rims that touch themselves or each other are left out."""
    distinct, count = np.unique(edges_of(faces), axis=0, return_counts=True)
    neighbours: dict[int, list[int]] = {}
    for a, b in distinct[count == 1].tolist():
        neighbours.setdefault(a, []).append(b)
    loops, seen = [], set[int]()
    for start in neighbours:
        if start not in seen:
            loop = _walk(start, neighbours)
            seen.update(loop)
            if len(loop) > 2 and all(len(neighbours[one]) == 2 for one in loop):
                loops.append(np.array(loop, np.int64))
    return loops


def connected_parts(edges: NDArray[np.integer], count: int) -> NDArray[np.int32]:
    """The number of the connected part that each of `count` vertices belongs to; edges: (E, 2)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    found: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return found


def enclosed(faces: NDArray[np.integer], region: Indices, count: int) -> Indices:
    """The vertices that a region of rings encloses, though it leaves them out: no path leads from them to the rest.

    What has more vertices than the region itself is the rest.
    """
    edges = edges_of(faces)
    in_region = np.isin(edges, region)
    part = connected_parts(edges[~in_region.any(axis=1)], count)
    beside = part[edges[in_region[:, 0] & ~in_region[:, 1], 1]]
    small = np.flatnonzero(np.bincount(part) <= len(region))
    return np.flatnonzero(np.isin(part, np.intersect1d(beside, small)))


def between_rings(faces: NDArray[np.integer], region: Indices, count: int) -> NDArray[np.integer]:
    """The faces (F, 3) that close the opening within a region of two rings, such as the lips' outer and inner edge.

    None, where the region encloses nothing: then it is a patch, and what it leaves open is open.
    """
    within = enclosed(faces, region, count)
    if not len(within):
        return faces[:0]
    edges = edges_of(faces)
    outside = ~np.isin(edges[:, 1], np.concatenate([region, within]))
    outer = edges[outside, 0]
    inner = np.setdiff1d(region, outer)
    return faces[np.isin(faces, inner).all(axis=1)]


def edges_of(faces: NDArray[np.integer]) -> NDArray[np.integer]:
    """The edges of triangles, both ways, (6 F, 2)."""
    one_way = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return np.concatenate([one_way, one_way[:, ::-1]])


def _walk(start: int, neighbours: dict[int, list[int]]) -> list[int]:
    loop, seen = [start], {start}
    while onward := [one for one in neighbours[loop[-1]] if one not in seen]:
        loop.append(onward[0])
        seen.add(onward[0])
    return loop
