"""Several tracking programs at once: each is started when a thread first needs it, and serves clip after clip."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kmtalk_align.capture.environment import tracking_command
from kmtalk_align.capture.worker import Worker


class WorkerPool:
    """Tracking programs for threads; `close` ends them. One that broke is replaced by the next that is asked for."""

    def __init__(self, command: Callable[[], list[str]] = tracking_command) -> None:
        self._command = command
        self._idle: list[Worker] = []
        self._lock = threading.Lock()

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """A program for this thread alone. Raises ConfigError where it can't be started."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or Worker(self._command())
        try:
            yield worker
        except BaseException:
            if not worker.broken:
                self._put_back(worker)
            raise
        self._put_back(worker)

    def close(self) -> None:
        """End the programs that no thread uses."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _put_back(self, worker: Worker) -> None:
        with self._lock:
            self._idle.append(worker)
