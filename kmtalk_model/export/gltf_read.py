"""The moving face of a glTF file that `write_gltf` wrote, as the file holds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import AnimationError
from kmtalk_model.export.components import Components
from kmtalk_model.export.gltf_buffer import COMPONENT_TYPES

if TYPE_CHECKING:
    from pygltflib import GLTF2

_DTYPES = {number: np.dtype(name).newbyteorder("<") for name, number in COMPONENT_TYPES.items()}
_WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


@dataclass(frozen=True)
class ReadGltf:
    """components: the base, the shapes, and their weights in each frame; times: (T,) in seconds; told: asset.extras."""

    components: Components
    times: NDArray[np.float32]
    told: dict[str, Any]


def read_gltf(path: Path) -> ReadGltf:
    """The moving face of a .glb or .gltf, whatever its name. Raises AnimationError for a file that is neither."""
    from pygltflib import GLTF2

    try:
        with path.open("rb") as file:
            binary = file.read(4) == b"glTF"
        gltf = GLTF2.load_binary(path) if binary else GLTF2.load_json(path)
        blob = gltf.binary_blob() if binary else gltf.get_data_from_buffer_uri(gltf.buffers[0].uri)
        return _read(gltf, blob)
    except Exception as error:  # pygltflib raises whatever its parsing meets
        raise AnimationError(f"is no glTF file of kmtalk ({type(error).__name__}: {error})", where=path) from error


def _read(gltf: GLTF2, blob: bytes) -> ReadGltf:
    mesh = gltf.meshes[0]
    (primitive,) = mesh.primitives
    base = _array(gltf, blob, primitive.attributes.POSITION)
    shapes = [_array(gltf, blob, _position(one)) for one in primitive.targets or []]
    if gltf.animations:
        (sampler,) = gltf.animations[0].samplers
        times, weights = _array(gltf, blob, sampler.input).ravel(), _array(gltf, blob, sampler.output)
    else:
        times, weights = np.zeros(1, np.float32), np.array(mesh.weights or [], np.float32)
    stacked = np.array(shapes, np.float32).reshape(-1, *base.shape)
    names = tuple((mesh.extras or {}).get("targetNames", ()))
    components = Components(base, stacked, weights.reshape(len(times), len(shapes)), names)
    return ReadGltf(components, times, gltf.asset.extras)


def _position(target: Any) -> int:
    return int(target["POSITION"] if isinstance(target, dict) else target.POSITION)


def _array(gltf: GLTF2, blob: bytes, number: int) -> NDArray[np.float32]:
    accessor = gltf.accessors[number]
    view = gltf.bufferViews[accessor.bufferView]
    width = _WIDTHS[accessor.type]
    start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
    found = np.frombuffer(blob, _DTYPES[accessor.componentType], accessor.count * width, start)
    return found.reshape(-1, width)
