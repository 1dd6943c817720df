"""Fixtures of all tests, and the rule that a test may be skipped only where allowed_skips.txt says so."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from tests import folder_corpus
from tests.browser import browser, screenshots

__all__ = ["browser", "screenshots"]  # fixtures
REPOSITORY = Path(__file__).parents[1]
_ALLOWED = Path(__file__).with_name("allowed_skips.txt")
# The same examples each time, whatever the machine's speed.
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")
_skipped: list[tuple[str, str]] = []
# Pictures that tests kept for people to look at: what they recorded as their property "screenshot".
_screenshots: list[object] = []
# As in a terminal: what is started in the background ignores an interrupt, and what the tests start would too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# As `make` sets it: what is made once stays in the clone, for all workers and all runs.
os.environ.setdefault("KMTALK_CACHE", str(REPOSITORY / ".cache" / "kmtalk"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings beside the project; without it the test is skipped."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the recordings in ../shared/data")
    return folder


@pytest.fixture(scope="session")
def demo_root() -> Path:
    """The speech that comes with the project."""
    return REPOSITORY / "resources" / "demo"


@pytest.fixture
def write_wav(tmp_path: Path) -> Callable[..., Path]:
    """Writes samples in [-1, 1], (S,) or (S, channels), to a file; gives its path."""
    import soundfile

    def write(name: str, samples: NDArray[np.floating], rate: int = 16_000, subtype: str = "PCM_16") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, rate, subtype=subtype)
        return path

    return write


@pytest.fixture
def add_utterance(tmp_path: Path) -> Callable[..., Path]:
    """Adds one utterance to a folder corpus (folder_corpus.py); gives the corpus' root."""
    return partial(folder_corpus.add_utterance, root=tmp_path / "corpus")


@pytest.fixture
def build_corpus(tmp_path: Path) -> Callable[..., Path]:
    """Builds a whole folder corpus (folder_corpus.py); gives its root."""
    return partial(folder_corpus.build_corpus, root=tmp_path / "corpus")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        _screenshots.extend(value for name, value in report.user_properties if name == "screenshot")
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.append((report.nodeid, reason))


def _forbidden_skips() -> list[tuple[str, str]]:
    lines = [line.partition("#")[0].strip() for line in _ALLOWED.read_text().splitlines()]
    allowed = [line for line in lines if line]
    return [(test, why) for test, why in _skipped if not any(fnmatch(test, pattern) for pattern in allowed)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput") and _forbidden_skips() and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for path in _screenshots:
        terminalreporter.write_line(f"screenshot: {path}")
    for test, why in _forbidden_skips():
        terminalreporter.write_line(f"SKIPPED, and not listed in tests/allowed_skips.txt: {test} ({why})", red=True)
