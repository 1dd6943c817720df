"""A face as VTK draws it: vertices that move, normals made anew for each frame, colours by vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.animation import Animation
from kmtalk_model.render.camera import View
from kmtalk_model.render.colours import Colours, HeatMap, insides, skin, without_error
from kmtalk_model.render.machine import check_drawing
from kmtalk_model.render.patches import Patch, close_openings

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkActor

_POINT_SIZE = 4.0
# Ambient, diffuse, specular, specular power.
_SKIN_LOOK = (0.14, 0.9, 0.14, 16.0)
# Light and shade must leave a colour what it means.
_HEAT_LOOK = (0.62, 0.4, 0.14, 12.0)


class Surface:
    """The mesh of an animation in VTK, with insides in its openings; a mesh without faces is a cloud of points.

    It may be drawn twice, in skin and by errors, while points and normals are made once a frame.
    """

    def __init__(self, animation: Animation, view: View) -> None:
        """Raises RenderError where this machine can't draw."""
        check_drawing()
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (without it there are mappers, but none that draw)

        self._animation, self._view = animation, view
        self._count = len(animation.template)
        faces, self._patches = close_openings(animation.faces, animation.template, animation.regions)
        self._points = np.zeros((self._count + sum(one.size for one in self._patches), 3), np.float32)
        self._mesh, self._moved = _mesh(self._points, _cells(faces, self._patches, self._count))
        self._drawn = _with_normals(self._mesh) if len(faces) else _as_it_is(self._mesh)
        self.move(animation.template)

    def move(self, vertices: NDArray[np.float32]) -> None:
        """Put the vertices (V, 3) where they are in a frame."""
        self._points[: self._count] = vertices
        first = self._count
        for patch in self._patches:
            self._points[first : first + patch.size] = patch.points(vertices, -self._view.forwards)
            first += patch.size
        self._moved.Modified()

    def skin(self) -> vtkActor:
        """The face as it looks."""
        colours = np.concatenate([skin(self._animation, self._view.outwards), insides(self._patches)])
        return self._actor("skin", colours, _SKIN_LOOK)[0]

    def heat(self, heat_map: HeatMap) -> Heat:
        """The same face, to be coloured by errors."""
        nought = heat_map.colours(np.zeros(self._count, np.float32))
        colours = np.concatenate([nought, without_error(self._patches)])
        return Heat(*self._actor("heat", colours, _HEAT_LOOK), colours, heat_map)

    def _actor(self, name: str, colours: Colours, look: tuple[float, float, float, float]) -> tuple[vtkActor, Any]:
        """An actor in colours (V + P, 3), which the mesh keeps under a name; and VTK's array over them."""
        from vtkmodules.util.numpy_support import numpy_to_vtk
        from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

        array = numpy_to_vtk(colours)
        array.SetName(name)
        self._mesh.GetPointData().AddArray(array)
        mapper = vtkPolyDataMapper()
        mapper.SetInputConnection(self._drawn.GetOutputPort())
        mapper.SetScalarModeToUsePointFieldData()
        mapper.SelectColorArray(name)
        actor = vtkActor()
        actor.SetMapper(mapper)
        shown = actor.GetProperty()
        shown.SetInterpolationToPhong()
        shown.SetPointSize(_POINT_SIZE)
        shown.RenderPointsAsSpheresOn()
        shown.SetAmbient(look[0])
        shown.SetDiffuse(look[1])
        shown.SetSpecular(look[2])
        shown.SetSpecularPower(look[3])
        return actor, array


class Heat:
    """A face that is coloured by errors."""

    def __init__(self, actor: vtkActor, array: Any, colours: Colours, heat_map: HeatMap) -> None:
        """array: VTK's, over the colours (V + P, 3)."""
        self.actor = actor
        self._array, self._colours, self._map = array, colours, heat_map

    def show(self, errors: NDArray[np.floating]) -> None:
        """Show the errors (V,) of a frame."""
        self._colours[: len(errors)] = self._map.colours(errors)
        self._array.Modified()


def _cells(faces: NDArray[np.int32], patches: list[Patch], count: int) -> NDArray[np.int64]:
    """All triangles (F, 3), those of the patches last; of a mesh without faces, its vertices (V, 1)."""
    if not len(faces):
        return np.arange(count, dtype=np.int64)[:, None]
    parts, first = [faces.astype(np.int64)], count
    for patch in patches:
        parts.append(patch.faces + first)
        first += patch.size
    return np.concatenate(parts)


def _mesh(points: NDArray[np.float32], cells: NDArray[np.int64]) -> tuple[Any, Any]:
    """VTK's mesh over an array of points, which it shares, and its points."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    vtk_points = vtkPoints()
    vtk_points.SetData(numpy_to_vtk(points))
    vtk_cells = vtkCellArray()
    offsets = np.arange(0, cells.size + 1, cells.shape[1], dtype=np.int64)
    vtk_cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(cells.ravel(), deep=True))
    mesh = vtkPolyData()
    mesh.SetPoints(vtk_points)
    if cells.shape[1] == 1:
        mesh.SetVerts(vtk_cells)
    else:
        mesh.SetPolys(vtk_cells)
    return mesh, vtk_points


def _with_normals(mesh: Any) -> Any:
    from vtkmodules.vtkFiltersCore import vtkTriangleMeshPointNormals

    normals = vtkTriangleMeshPointNormals()
    normals.SetInputData(mesh)
    return normals


def _as_it_is(mesh: Any) -> Any:
    from vtkmodules.vtkCommonExecutionModel import vtkTrivialProducer

    producer = vtkTrivialProducer()
    producer.SetOutput(mesh)
    return producer
