"""worker.py and pool.py: the tracking program, and every way in which it may fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from kmtalk_align.capture.pool import WorkerPool
from kmtalk_align.capture.worker import Worker
from kmtalk_align.errors import CaptureError, ConfigError
from tests.capture import fake_tracker
from tests.capture.films import command

PICTURE = np.zeros((200, 300, 3), np.uint8)  # larger than what a pipe holds


def follow_three(worker: Worker) -> None:
    """A clip of three frames."""
    worker.begin()
    for frame in range(3):
        worker.follow(PICTURE, frame * 40, count=True)


@pytest.fixture
def start() -> Iterator[Callable[..., Worker]]:
    started: list[Worker] = []

    def make(behaviour: str = "good", **limits: float) -> Worker:
        started.append(Worker(command(behaviour), **limits))
        return started[-1]

    yield make
    for worker in started:
        worker.close()


def test_it_follows_clip_after_clip(start: Callable[..., Worker]) -> None:
    worker = start()
    for _ in range(2):
        worker.begin()
        for frame in range(3):
            found = worker.follow(PICTURE, frame * 40, count=frame == 0)
            assert found.landmarks is not None
            np.testing.assert_allclose(found.landmarks.ravel(), fake_tracker.landmarks(frame, 300, 200))
            assert found.weights == {"jawOpen": pytest.approx(0.1 * frame), "browInnerUp": 0.25}
            assert found.faces == (1 if frame == 0 else None)
    np.testing.assert_allclose(worker.face.vertices, fake_tracker.face())
    assert worker.face.regions()["lips"] == [13, 14]


def test_where_there_is_no_face_it_says_none(start: Callable[..., Worker]) -> None:
    worker = start("blind")
    worker.begin()
    found = worker.follow(PICTURE, 0, count=False)
    assert (found.landmarks, found.weights) == (None, None)


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("dies", "ended with exit status 3"),
        ("crashes", "ended by signal 9"),
        ("closes", "ended by signal 9"),
        ("garbage", "which is no JSON"),
        ("hangs", "gave no answer in 1.5 s"),
        ("short", r"can't be used .*shape \(12,\)"),
        ("nan", "can't be used"),
        ("words", "can't be used"),
        ("lacks", "can't be used .*landmarks"),
        ("list", "can't be used"),
        ("no weights", "can't be used"),
        ("weights", "can't be used"),
        ("faces", "can't be used"),
    ],
)
def test_a_program_that_fails_is_an_error_and_ended(
    start: Callable[..., Worker], behaviour: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if behaviour == "closes":
        monkeypatch.setattr("kmtalk_align.capture.worker._END_S", 0.1)
    worker = start(behaviour, answer_s=1.5 if behaviour == "hangs" else 60)
    with pytest.raises(CaptureError, match=message):
        follow_three(worker)
    assert worker.broken
    with pytest.raises(CaptureError, match="has ended"):
        worker.begin()


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("stillborn", "exit status 1: ModuleNotFoundError: No module named 'mediapipe'; .*make capture"),
        ("chatter", "'hello.*no JSON"),
        ("mute", "no answer in 1 s"),
        ("faceless", "names no face"),
        ("far", "a vertex that is none"),
        ("unfitted", "names no face"),
    ],
)
def test_a_program_that_does_not_start_well_is_an_error_of_the_environment(
    start: Callable[..., Worker], behaviour: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        start(behaviour, start_s=1 if behaviour == "mute" else 60)


def test_a_program_that_is_not_there_is_an_error_of_the_environment() -> None:
    with pytest.raises(ConfigError, match="cannot be started"):
        Worker(["/no/such/python"])


def test_a_pool_starts_as_many_as_are_used_at_once_and_no_more() -> None:
    started: list[str] = []

    def noted() -> list[str]:
        started.append("one")
        return command()

    pool = WorkerPool(noted)
    with pool.worker() as first:
        pass
    with pool.worker() as again:
        assert again is first
        both: list[Worker] = []
        other = threading.Thread(target=lambda: both.append(pool.worker().__enter__()))
        other.start()
        other.join()
        assert both[0] is not first
    both[0].close()
    pool.close()
    assert first.broken
    assert len(started) == 2


def test_a_pool_replaces_a_program_that_broke() -> None:
    behaviours = iter(["dies", "good"])
    pool = WorkerPool(lambda: command(next(behaviours)))
    with pytest.raises(CaptureError, match="exit status 3"), pool.worker() as broken:
        follow_three(broken)
    with pool.worker() as fresh:
        follow_three(fresh)
    pool.close()
    assert fresh is not broken


def test_a_pool_keeps_a_program_whose_clip_was_bad() -> None:
    pool = WorkerPool(lambda: command("blind"))
    with pytest.raises(ValueError, match="no face"), pool.worker() as worker:
        raise ValueError("no face")
    with pool.worker() as again:
        assert again is worker
    pool.close()
