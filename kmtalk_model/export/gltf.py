"""glTF: one mesh whose morph targets, animated, are the motion. pygltflib writes it.

glTF is in metres, y up, and the face looks along z. It can't hold sound: asset.extras says where the recording lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError
from kmtalk_align.files import new_file
from kmtalk_model.animation import Animation
from kmtalk_model.export.components import Components, default_tolerance, find_components
from kmtalk_model.export.gltf_buffer import INDICES, VERTEX_ATTRIBUTES, Buffer
from kmtalk_model.export.gltf_read import read_gltf
from kmtalk_model.export.normals import VertexNormals, shape_normals
from kmtalk_model.export.note import note
from kmtalk_model.export.paint import Paint, paint
from kmtalk_model.export.unit import metres_per_unit

if TYPE_CHECKING:
    from pygltflib import GLTF2, Attributes, Material

SUFFIXES = (".glb", ".gltf")
_POINTS, _TRIANGLES = 0, 4
# The largest index of 16 bits means "start anew" to some hardware.
_SHORT = 65_535
_ROUGHNESS = 0.75


@dataclass(frozen=True)
class WrittenGltf:
    """What became of an animation; lengths in metres, as in the file.

    shapes: how many morph targets; worst_m: the largest distance of any vertex in any frame from the animation, read
    back from the file; tolerance_m: what it was to stay below.
    """

    shapes: int
    worst_m: float
    tolerance_m: float


def write_gltf(
    animation: Animation, output: Path, *, tolerance: float | None = None, metres: float | None = None
) -> WrittenGltf:
    """Write an animation as .glb, or as .gltf with its buffer inside, in one step.

    tolerance: how far any vertex may lie off in any frame, in the animation's unit, 1/8000 of the face's size where
    None; metres: how long the animation's unit is, by its name where None. An animation of one frame, or one that
    doesn't move, becomes a mesh that stands still; one without faces a cloud of points. Raises ConfigError,
    AnimationError or ArtefactError.
    """
    if output.suffix not in SUFFIXES:
        raise ConfigError("is no glTF file", where=output, fix=f"name it {output.stem}.glb or {output.stem}.gltf")
    scale = metres_per_unit(animation, metres)
    vertices, base = _scaled(animation.vertices, scale), _scaled(animation.template, scale)
    tolerance_m = scale * (default_tolerance(animation.template) if tolerance is None else tolerance)
    components = find_components(vertices, base, tolerance_m)
    worst = components.worst_distance(vertices)
    lengths = {"metres_per_unit": scale, "tolerance_m": tolerance_m, "worst_vertex_distance_m": worst}
    told = note(animation, output.parent) | lengths
    gltf = _scene(animation, components, vertices, told)
    with new_file(output) as temporary:
        temporary.write_bytes(_bytes_of(gltf) if output.suffix == ".glb" else _text_of(gltf))
        read = read_gltf(temporary)
        # What does not move is one frame there.
        worst = read.components.worst_distance(vertices[: len(read.times)])
    return WrittenGltf(len(components.shapes), worst, tolerance_m)


def _scaled(vertices: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    return vertices if scale == 1 else (vertices * scale).astype(np.float32)


def _scene(animation: Animation, components: Components, vertices: NDArray[np.float32], told: dict[str, Any]) -> GLTF2:
    import pygltflib as gltf

    buffer = Buffer()
    look = paint(animation)
    primitive = _primitive(animation, components, vertices, look, buffer)
    still = components.weights[0] if animation.n_frames == 1 else np.zeros(len(components.names))
    mesh = gltf.Mesh(name="face", primitives=[primitive])
    animations = []
    if components.names:
        mesh.weights, mesh.extras = [float(one) for one in still], {"targetNames": list(components.names)}
        if animation.n_frames > 1:
            animations.append(_animation(animation, components, buffer))
    found = gltf.GLTF2(
        asset=gltf.Asset(version="2.0", generator="KMTalk", extras=told),
        scene=0,
        scenes=[gltf.Scene(name="scene", nodes=[0])],
        nodes=[gltf.Node(name="face", mesh=0)],
        meshes=[mesh],
        materials=[_material(look)],
        animations=animations,
        accessors=buffer.accessors,
        bufferViews=buffer.views,
        buffers=[gltf.Buffer(byteLength=len(buffer.content))],
    )
    found.set_binary_blob(bytes(buffer.content))
    return found


def _primitive(
    animation: Animation, components: Components, vertices: NDArray[np.float32], look: Paint, buffer: Buffer
) -> Any:
    import pygltflib as gltf

    attributes: Callable[..., Attributes] = gltf.Attributes
    (position,) = buffer.add(components.base[None], target=VERTEX_ATTRIBUTES, bounds=True)
    colours = {}
    if look.colours is not None:
        (colours["COLOR_0"],) = buffer.add(look.colours[None], target=VERTEX_ATTRIBUTES, normalized=True)
    moved = buffer.add(components.shapes, target=VERTEX_ATTRIBUTES, bounds=True) if len(components.shapes) else []
    if not len(animation.faces):
        targets = [attributes(POSITION=one) for one in moved]
        return gltf.Primitive(
            attributes=attributes(POSITION=position, **colours), mode=_POINTS, material=0, targets=targets
        )
    base, added = shape_normals(components, vertices, VertexNormals(animation.faces, len(components.base)))
    (normal,) = buffer.add(base[None], target=VERTEX_ATTRIBUTES)
    turned = buffer.add(added, target=VERTEX_ATTRIBUTES) if moved else []
    kind = np.uint16 if len(components.base) < _SHORT else np.uint32
    (indices,) = buffer.add(animation.faces.astype(kind).reshape(1, -1), target=INDICES)
    return gltf.Primitive(
        attributes=attributes(POSITION=position, NORMAL=normal, **colours),
        indices=indices,
        mode=_TRIANGLES,
        material=0,
        targets=[attributes(POSITION=one, NORMAL=two) for one, two in zip(moved, turned, strict=True)],
    )


def _material(look: Paint) -> Material:
    from pygltflib import Material, PbrMetallicRoughness

    rough = PbrMetallicRoughness(baseColorFactor=[*look.factor, 1.0], metallicFactor=0.0, roughnessFactor=_ROUGHNESS)
    # The inside of a mask is seen from behind.
    return Material(name="face", pbrMetallicRoughness=rough, doubleSided=True, alphaCutoff=None)


def _animation(animation: Animation, components: Components, buffer: Buffer) -> Any:
    import pygltflib as gltf

    times = (np.arange(animation.n_frames) / animation.fps).astype(np.float32)
    (time,) = buffer.add(times[None], bounds=True)
    (weights,) = buffer.add(components.weights.reshape(1, -1))
    return gltf.Animation(
        name=animation.name or "speech",
        samplers=[gltf.AnimationSampler(input=time, output=weights, interpolation="LINEAR")],
        channels=[gltf.AnimationChannel(sampler=0, target=gltf.AnimationChannelTarget(node=0, path="weights"))],
    )


def _bytes_of(gltf: GLTF2) -> bytes:
    return b"".join(gltf.save_to_bytes())


def _text_of(gltf: GLTF2) -> bytes:
    from pygltflib import BufferFormat

    gltf.convert_buffers(BufferFormat.DATAURI)
    return str(gltf.gltf_to_json()).encode()
