"""The program that follows a face, clip after clip: it runs in .venv-capture, with nothing but mediapipe and numpy.

``python -I tracker.py face_landmarker.task`` says first what face it follows, then answers requests on standard input,
each with a line of JSON on standard output. A request is a line of JSON, that of a frame followed by its picture:

    {"clip": true}                                       a new clip begins; the answer is {}
    {"width": W, "height": H, "time_ms": t, "count": c}  the next frame, then W * H * 3 bytes of RGB

A frame's answer is {"landmarks": [468 * 3 numbers], "weights": {name: number}, "faces": n}, null where there is no
face, and `faces`, their number, where `count` doesn't ask for it. Landmarks are as MediaPipe has them: x and z in
widths of the picture, y in heights, y down and z away from the camera. The weights are ARKit's, in [0, 1].
"""

import json
import os
import sys
import zipfile
from typing import Any

import mediapipe as mp
import numpy as np
from mediapipe.modules.face_geometry.protos import geometry_pipeline_metadata_pb2 as geometry
from mediapipe.python.solutions.face_detection import FaceDetection
from mediapipe.python.solutions.face_mesh import FACEMESH_LIPS, FaceMesh
from mediapipe.tasks.python import BaseOptions, vision

_POINTS = 468
_CONFIDENCE = 0.3
# Where faces are counted, the detector must be surer than where the one face is looked for.
_CONFIDENCE_TO_COUNT = 0.6
_GEOMETRY = "geometry_pipeline_metadata_landmarks.binarypb"


class Tracker:
    """MediaPipe's face mesh for the landmarks and its FaceLandmarker for the weights.

    Both go by the frames before, so each clip gets new ones: what is found in it depends on nothing else.
    """

    def __init__(self, model: bytes) -> None:
        self._model = model
        self._detector = FaceDetection(min_detection_confidence=_CONFIDENCE_TO_COUNT)
        self._mesh: Any = None
        self._landmarker: Any = None

    def begin(self) -> None:
        """Forget the clip before."""
        for one in (self._mesh, self._landmarker):
            if one is not None:
                one.close()
        self._mesh = FaceMesh(
            static_image_mode=False,
            max_num_faces=1,
            refine_landmarks=True,
            min_detection_confidence=_CONFIDENCE,
            min_tracking_confidence=_CONFIDENCE,
        )
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=self._model),
            running_mode=vision.RunningMode.VIDEO,
            output_face_blendshapes=True,
        )
        self._landmarker = vision.FaceLandmarker.create_from_options(options)

    def follow(self, picture: Any, time_ms: int, count: bool) -> dict[str, Any]:
        """The answer to the next frame, a picture (H, W, 3) of bytes."""
        meshes = self._mesh.process(picture).multi_face_landmarks
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
        shapes = self._landmarker.detect_for_video(image, time_ms).face_blendshapes
        return {
            "landmarks": [value for one in meshes[0].landmark[:_POINTS] for value in (one.x, one.y, one.z)]
            if meshes
            else None,
            "weights": {one.category_name: one.score for one in shapes[0] if one.category_name != "_neutral"}
            if shapes
            else None,
            "faces": len(self._detector.process(picture).detections or ()) if count else None,
        }


def canonical_face(model: str) -> dict[str, Any]:
    """The face that landmarks are fitted to, out of the model's file: vertices in centimetres, faces, fitted points."""
    with zipfile.ZipFile(model) as parts:
        metadata = geometry.GeometryPipelineMetadata.FromString(parts.read(_GEOMETRY))
    mesh = metadata.canonical_mesh
    # The buffer holds five numbers for each vertex: x, y, z, and two of the texture.
    vertices = np.array(mesh.vertex_buffer, np.float64).reshape(_POINTS, 5)[:, :3]
    return {
        "vertices": vertices.tolist(),
        "faces": np.array(mesh.index_buffer).reshape(-1, 3).tolist(),
        "fitted": [one.landmark_id for one in metadata.procrustes_landmark_basis],
        "fit_weights": [one.weight for one in metadata.procrustes_landmark_basis],
        "lips": sorted({int(point) for pair in FACEMESH_LIPS for point in pair}),
    }


def main() -> None:
    """Answer requests until standard input ends."""
    # Libraries that print to standard output must not break into the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    model = sys.argv[1]
    with open(model, "rb") as file:  # noqa: PTH123
        tracker = Tracker(file.read())

    def answer(content: dict[str, Any]) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    answer(canonical_face(model))
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line)
        if "clip" in request:
            tracker.begin()
            answer({})
            continue
        size = (request["height"], request["width"], 3)
        content = sys.stdin.buffer.read(size[0] * size[1] * size[2])
        picture = np.frombuffer(content, np.uint8).reshape(size)
        answer(tracker.follow(picture, request["time_ms"], request["count"]))


if __name__ == "__main__":
    main()
