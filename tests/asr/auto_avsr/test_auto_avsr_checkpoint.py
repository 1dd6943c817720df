"""Auto-AVSR's checkpoint: each entry counts, and whatever is amiss is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from kmtalk_align.asr.auto_avsr.checkpoint import load_checkpoint
from kmtalk_align.errors import WeightsError
from tests.tiny_auto_avsr import LAYERS, save_checkpoint, tiny_network


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_checkpoint(tmp_path_factory.mktemp("auto_avsr") / "asr_tiny_base.pth")


def test_the_checkpoint_has_every_entry_of_the_published_one() -> None:
    state = tiny_network().state_dict()
    assert len(state) == 767
    assert (LAYERS.encoder_layers, LAYERS.decoder_layers) == (12, 6)


def test_a_checkpoint_is_loaded_number_by_number_and_ready_to_listen(checkpoint: Path) -> None:
    found = load_checkpoint(str(checkpoint))
    assert found.size == LAYERS
    assert not found.network.training
    expected = tiny_network().state_dict()
    for name, value in found.network.state_dict().items():
        assert torch.equal(value, expected[name]), name


@pytest.mark.parametrize("missing", ["", "nowhere/asr_trlrs3vox2_base.pth"])
def test_a_missing_checkpoint_is_an_error_that_says_what_the_authors_publish(missing: str) -> None:
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(missing)
    for part in ("asr_trlrs3vox2_base.pth", "asr_trlrs3_base.pth", "mpc001/auto_avsr on GitHub", "licence"):
        assert part in str(caught.value)


class _Code:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.folder / 'was_run'}",)


@pytest.mark.parametrize("within", [False, True], ids=["alone", "among tensors"])
def test_code_in_a_checkpoint_is_refused_by_name_and_not_run(tmp_path: Path, within: bool) -> None:
    state = tiny_network().state_dict() | {"extra": _Code(tmp_path)} if within else _Code(tmp_path)
    path = save_checkpoint(tmp_path / "model.pth", state)
    with pytest.raises(WeightsError, match=r"model\.pth: holds (posix|nt)\.system, which is no tensor; it was not run"):
        load_checkpoint(str(path))
    assert not (tmp_path / "was_run").exists()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_an_error_that_names_it(tmp_path: Path, checkpoint: Path, share: float) -> None:
    content = checkpoint.read_bytes()
    path = tmp_path / "model.pth"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(WeightsError, match=r"model\.pth: cannot be read"):
        load_checkpoint(str(path))


def _without(state: dict[str, Any]) -> None:
    for name in [name for name in state if name.startswith("encoder.encoders.11.")]:
        del state[name]


def _with_others(state: dict[str, Any]) -> None:
    state |= {f"frontend.frontend3D.{number}": torch.zeros(1) for number in range(5)}


def _misshapen(state: dict[str, Any]) -> None:
    state["decoder.output_layer.bias"] = torch.zeros(3)


def _whole_numbers(state: dict[str, Any]) -> None:
    state["proj_encoder.weight"] = torch.zeros(8, 5, dtype=torch.int64)


def _not_finite(state: dict[str, Any]) -> None:
    state["proj_encoder.weight"][3, 2] = torch.nan


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            _without,
            "lacks: encoder.encoders.11.feed_forward_macaron.w_1.weight, "
            "encoder.encoders.11.feed_forward_macaron.w_1.bias, "
            "encoder.encoders.11.feed_forward_macaron.w_2.weight and 37 more",
        ),
        (
            _with_others,
            "has unknown entries: frontend.frontend3D.0, frontend.frontend3D.1, frontend.frontend3D.2 and 2 more",
        ),
        (_misshapen, "has shapes that don't fit: decoder.output_layer.bias (3,) instead of (9,)"),
        (_whole_numbers, "has entries that are no finite numbers: proj_encoder.weight"),
        (_not_finite, "has entries that are no finite numbers: proj_encoder.weight"),
    ],
)
def test_entries_that_do_not_fit_are_named(tmp_path: Path, damage: Callable[[dict[str, Any]], None], said: str) -> None:
    state = dict(tiny_network().state_dict())
    damage(state)
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(str(save_checkpoint(tmp_path / "model.pth", state)))
    assert caught.value.what == said
    assert "audio-only network of mpc001/auto_avsr" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"state_dict": {"a": torch.zeros(1)}, "epoch": 3}, "holds its network within 'state_dict'"),
        ([torch.zeros(1)], "is no dictionary of tensors"),
        ({"a": 1}, "is no dictionary of tensors"),
        ({}, "lacks: "),
    ],
)
def test_another_kind_of_file_is_an_error_that_says_what_it_holds(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(WeightsError, match=said):
        load_checkpoint(str(save_checkpoint(tmp_path / "model.pth", content)))


def test_old_names_and_half_precision_are_the_same_network(tmp_path: Path) -> None:
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in tiny_network().state_dict().items()
    }
    old = {
        name.replace("encoder.after_norm.", "encoder.norm.")
        .replace("decoder.after_norm.", "decoder.output_norm.")
        .replace("decoder.embed.", "decoder.input_layer."): value
        for name, value in state.items()
    }
    assert "encoder.norm.weight" in old
    found = load_checkpoint(str(save_checkpoint(tmp_path / "old.pth", old))).network.state_dict()
    for name, value in found.items():
        assert torch.equal(value, state[name].to(value.dtype)), name
