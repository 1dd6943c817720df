"""The binary part of a glTF file: arrays one after another, and what the JSON says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pygltflib import Accessor, BufferView

# Of the specification: component types by numpy's, and what a buffer view is for.
COMPONENT_TYPES = {"float32": 5126, "uint32": 5125, "uint16": 5123}
VERTEX_ATTRIBUTES = 34962
INDICES = 34963
_ALIGNMENT = 4


@dataclass
class Buffer:
    """Bytes, with the buffer views and accessors that say what they are; both are counted from 0."""

    content: bytearray = field(default_factory=bytearray)
    views: list[BufferView] = field(default_factory=list)
    accessors: list[Accessor] = field(default_factory=list)

    def add(
        self,
        arrays: NDArray[np.generic],
        *,
        target: int | None = None,
        bounds: bool = False,
        normalized: bool = False,
    ) -> list[int]:
        """Add arrays (n, count) or (n, count, width) of one kind as one buffer view; the accessor of each of the n.

        target: what the view is for, None for what no shader reads; bounds: say the least and the largest values;
        normalized: whole numbers stand for 0 to 1.
        """
        from pygltflib import Accessor, BufferView

        arrays = np.ascontiguousarray(arrays)
        width = arrays.shape[2] if arrays.ndim == 3 else 1
        size = arrays[0].nbytes
        self.content += bytes(-len(self.content) % _ALIGNMENT)
        stride = width * arrays.itemsize if target == VERTEX_ATTRIBUTES else None
        view = BufferView(
            buffer=0, byteOffset=len(self.content), byteLength=arrays.nbytes, target=target, byteStride=stride
        )
        self.views.append(view)
        self.content += arrays.tobytes()
        for number, one in enumerate(arrays):
            accessor = Accessor(
                bufferView=len(self.views) - 1,
                byteOffset=number * size,
                componentType=COMPONENT_TYPES[arrays.dtype.name],
                normalized=normalized,
                count=len(one),
                type="SCALAR" if width == 1 else f"VEC{width}",
            )
            if bounds:
                columns = one.reshape(len(one), width)
                accessor.min, accessor.max = columns.min(axis=0).tolist(), columns.max(axis=0).tolist()
            self.accessors.append(accessor)
        return list(range(len(self.accessors) - len(arrays), len(self.accessors)))
