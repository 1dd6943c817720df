"""Checkpoints of transformers: a folder, the cache, the download, in this order; whole, and run nothing."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.checkpoint import checkpoint_folder, load_network, weight_files, weights_digest
from kmtalk_align.errors import WeightsError
from tests.tiny_wav2vec2 import save_wav2vec2

WHERE = "wav2vec2, model some/one"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Hugging Face as huggingface_hub sees it: the files in a cache and on a server, None where there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cached: set[str] | None = None
        self.served: set[str] | None = None
        self.asked: list[tuple[str, str | None]] = []

    def snapshot_download(
        self,
        name: str,
        *,
        revision: str | None,
        local_files_only: bool,
        allow_patterns: list[str],
        ignore_patterns: list[str],
    ) -> str:
        from huggingface_hub.utils import filter_repo_objects

        self.asked.append(("cache" if local_files_only else "server", revision))
        if local_files_only and self.cached is None:
            raise FileNotFoundError(name)
        if not local_files_only:
            if self.served is None:
                raise OSError("no connection")
            wanted = filter_repo_objects(self.served, allow_patterns=allow_patterns, ignore_patterns=ignore_patterns)
            self.cached = {*(self.cached or ()), *wanted}
        for one in self.cached or ():
            path = self.folder / one
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return str(self.folder)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    import huggingface_hub

    found = Hub(tmp_path / "snapshot")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", found.snapshot_download)
    return found


def find(model: str = "some/one", **keys: Any) -> Path:
    return checkpoint_folder(model, keys.pop("revision", None), where=WHERE, **keys)


def put(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_folder_is_taken_as_it_is(hub: Hub, tmp_path: Path) -> None:
    folder = put(tmp_path / "mine", "config.json", "model.safetensors")
    assert find(str(folder)) == folder
    assert hub.asked == []


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], r"mine: holds no config\.json"),
        (["model.safetensors"], r"mine: holds no config\.json"),
        (["config.json", "training_args.bin"], r"mine: holds no model\.safetensors and no pytorch_model\.bin"),
    ],
)
def test_a_folder_that_is_no_checkpoint_says_what_it_lacks(tmp_path: Path, names: list[str], message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        find(str(put(tmp_path / "mine", *names)))


def test_a_file_is_no_checkpoint(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(WeightsError, match=r"model\.safetensors: is a file; give the folder"):
        find(str(tmp_path / "model.safetensors"))
    assert hub.asked == []


def test_the_cache_goes_before_the_download(hub: Hub) -> None:
    hub.cached, hub.served = {"config.json", "model.safetensors"}, {"config.json", "model.safetensors"}
    assert find(revision="v1") == hub.folder
    assert hub.asked == [("cache", "v1")]


@pytest.mark.parametrize("cached", [None, {"config.json"}, {"model.safetensors"}], ids=["none", "config", "weights"])
def test_a_cache_that_is_not_whole_is_completed(hub: Hub, cached: set[str] | None) -> None:
    hub.cached, hub.served = cached, {"config.json", "model.safetensors"}
    assert find() == hub.folder
    assert (hub.folder / "config.json").is_file()
    assert hub.asked[-1] == ("server", None)


def test_nothing_is_fetched_without_leave(hub: Hub) -> None:
    hub.served = {"config.json", "model.safetensors"}
    with pytest.raises(WeightsError):
        find(download=False)
    assert {place for place, _ in hub.asked} == {"cache"}


def test_only_what_is_needed_is_fetched(hub: Hub) -> None:
    wanted = {"config.json", "vocab.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}
    others = {"pytorch_model.bin", "training_args.bin", "flax_model.msgpack", "adapter.fra.safetensors", "README.md"}
    hub.served = wanted | others | {"language_model/config.json", "language_model/lm.binary", "old/model.safetensors"}
    find()
    assert hub.cached == wanted


def test_weights_of_torch_are_taken_where_there_are_no_others(hub: Hub) -> None:
    hub.served = {"config.json", "pytorch_model.bin", "optimizer.bin"}
    assert [path.name for path in weight_files(find())] == ["pytorch_model.bin"]
    assert hub.cached == {"config.json", "pytorch_model.bin"}


def test_what_can_not_be_had_says_what_to_do(hub: Hub) -> None:
    with pytest.raises(WeightsError, match=rf"{WHERE}: is no folder here.*give the path.*connect once"):
        find()


def test_a_cache_as_huggingface_hub_keeps_it_is_read_without_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    kept = tmp_path / "models--some--one"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text(COMMIT)
    (kept / "snapshots").mkdir()
    snapshot = put(kept / "snapshots" / COMMIT, "config.json", "model.safetensors")
    assert find() == snapshot
    assert find(revision=COMMIT) == snapshot
    with pytest.raises(WeightsError, match="not in the machine's cache"):
        find(revision="another")


def test_the_digest_is_that_of_the_weights_wherever_they_lie(tmp_path: Path) -> None:
    one = put(tmp_path / "one", "config.json", "model.safetensors")
    other = put(tmp_path / "other", "model.safetensors", "pytorch_model.bin", "training_args.bin")
    assert weights_digest(one) == weights_digest(other)
    (other / "model.safetensors").write_bytes(b"others")
    assert weights_digest(one) != weights_digest(other)


# loading


def load(folder: Path) -> Any:
    from transformers import Wav2Vec2ForCTC

    return load_network(Wav2Vec2ForCTC, folder, where=WHERE, fix="take another")


def as_torch_saves_it(folder: Path, content: object = None) -> Path:
    """A checkpoint whose weights are a file of torch.save, the network's own or another."""
    import torch

    state = load(save_wav2vec2(folder)).state_dict()
    (folder / "model.safetensors").unlink()
    torch.save(state if content is None else content, folder / "pytorch_model.bin")
    return folder


def test_weights_that_torch_saved_are_the_same_network(tmp_path: Path) -> None:
    import torch

    one = load(save_wav2vec2(tmp_path / "one")).state_dict()
    other = load(as_torch_saves_it(tmp_path / "other")).state_dict()
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


class Intruder:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("bare", [False, True])
def test_a_pickle_that_runs_a_command_is_refused_and_runs_nothing(tmp_path: Path, bare: bool) -> None:
    intruder = Intruder(f"touch {tmp_path / 'ran'}")
    folder = as_torch_saves_it(tmp_path / "one", {"lm_head.weight": intruder})
    if bare:
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(intruder, 2))
    with pytest.raises(WeightsError, match=rf"{WHERE}: cannot be loaded \(.*; take another"):
        load(folder)
    assert not (tmp_path / "ran").exists()


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    import torch

    state = load(save_wav2vec2(tmp_path / "one")).state_dict()
    folder = as_torch_saves_it(tmp_path / "other", state | {"lm_head.weight": torch.zeros(9, 32)})
    with pytest.raises(WeightsError, match=rf"{WHERE}: cannot be loaded"):
        load(folder)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    state = load(save_wav2vec2(tmp_path / "one")).state_dict()
    kept = {name: value for name, value in state.items() if "layers.1" not in name}
    with pytest.raises(WeightsError, match=rf"{WHERE}: lacks weights: wav2vec2\.encoder\.layers\.1.* and \d+ more"):
        load(as_torch_saves_it(tmp_path / "other", kept))
