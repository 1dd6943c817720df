"""A stand-in for the tracking program: python fake_tracker.py BEHAVIOUR ...

It looks at no picture. Its face is made up; in each frame the head is turned and moved a little further, and one point
of the lips, which the head is not laid onto by, opens by a tenth of a centimetre a frame.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import numpy as np

LIP = 14
FITTED = list(range(20, 53))


def face() -> np.ndarray:
    """Vertices (468, 3) in centimetres."""
    return np.random.default_rng(3).uniform(-8, 8, (468, 3))


def moving(frame: int) -> np.ndarray:
    """The face's vertices in a frame, its head at rest."""
    vertices = face()
    vertices[LIP, 1] -= 0.1 * frame
    return vertices


def landmarks(frame: int, width: int, height: int) -> list[float]:
    """As MediaPipe would give them for a picture of this size."""
    angle = 0.03 * frame
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    pixels = moving(frame) @ turn.T * (1.5 + 0.01 * frame) + [30 + frame, -20, 0]
    return (pixels * [1, -1, -1] / [width, height, width]).ravel().tolist()


def answer(behaviour: str, frame: int, request: dict[str, int]) -> str:
    found = {
        "landmarks": landmarks(frame, request["width"], request["height"]),
        "weights": {"jawOpen": min(1.0, 0.1 * frame), "browInnerUp": 0.25},
        "faces": 1 if request["count"] else None,
    }
    if behaviour == "blind" or (behaviour == "loses" and frame in (2, 3, 5)):
        found |= {"landmarks": None, "weights": None}
    if behaviour == "two":
        found["faces"] = 2
    changed = {
        "short": {"landmarks": [0.0] * 12},
        "nan": {"landmarks": [float("nan")] * 1404},
        "words": {"landmarks": ["a"] * 1404},
        "point": {"landmarks": [0.5] * 1404},
        "no weights": {"weights": {}},
        "weights": {"weights": [1.0]},
        "faces": {"faces": "many"},
        "other weights": {"weights": {f"shape{frame}": 0.1}},
    }
    found |= changed.get(behaviour, {})
    if behaviour == "lacks":
        del found["landmarks"]
    return json.dumps([1] if behaviour == "list" else found)


def main() -> None:
    behaviour = sys.argv[1]
    if behaviour == "mute":
        time.sleep(60)
    if behaviour == "stillborn":
        sys.exit("Traceback\nModuleNotFoundError: No module named 'mediapipe'\n\n")
    content = {
        "vertices": face().tolist(),
        "faces": [[0, 1, 2], [465, 466, 467]],
        "fitted": FITTED,
        "fit_weights": [0.1] * len(FITTED),
        "lips": [13, 14],
    }
    content |= {
        "faceless": {"vertices": [[0, 0, 0]]},
        "far": {"faces": [[0, 1, 468]]},
        "unfitted": {"fitted": [], "fit_weights": []},
    }.get(behaviour, {})
    print("hello" if behaviour == "chatter" else json.dumps(content), flush=True)
    frame = 0
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line)
        if "clip" in request:
            frame = 0
            print("{}", flush=True)
            continue
        if frame == 1 and behaviour == "hangs":
            time.sleep(60)
        size = request["width"] * request["height"] * 3
        assert len(sys.stdin.buffer.read(size)) == size
        if frame == 1 and behaviour == "dies":
            sys.exit(3)
        if frame == 1 and behaviour == "closes":
            os.close(1)
            time.sleep(60)
        if frame == 1 and behaviour == "crashes":
            os.kill(os.getpid(), signal.SIGKILL)
        garbled = behaviour == "garbage" and frame == 1
        print("\x00\x01{" if garbled else answer(behaviour, frame, request), flush=True)
        frame += 1


if __name__ == "__main__":
    main()
