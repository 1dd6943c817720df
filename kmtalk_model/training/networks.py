"""The networks of a stage, new: sized by the corpus and its features, and fitted to the training data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from kmtalk_model.dataset import ClipDataset
from kmtalk_model.experiment import Audio, CompletionStage, DecoderStage
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.config import CompletionConfig, KeyMotionConfig
from kmtalk_model.networks.context import AudioContext
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from kmtalk_model.resample import tokens_per_frame
from kmtalk_model.training.fitting import fit_basis, fit_features

if TYPE_CHECKING:
    from kmtalk_model.networks.wav2vec2 import FineTunedWav2Vec2


def new_decoder(stage: DecoderStage, audio: Audio, clips: ClipDataset) -> KeyMotionDecoder:
    """A Key Motion-focused Decoder. Raises WeightsError where the checkpoint to fine-tune can't be had."""
    pretrained = _pretrained(audio)
    network = KeyMotionDecoder(KeyMotionConfig(**asdict(stage.network), **_from_data(audio, clips, pretrained)))
    _fit(network, clips, pretrained)
    return network


def new_completion(stage: CompletionStage, audio: Audio, clips: ClipDataset) -> MotionCompletion:
    """A motion completion. Raises WeightsError where the checkpoint to fine-tune can't be had."""
    pretrained = _pretrained(audio) if stage.network.audio_guidance else None
    network = MotionCompletion(CompletionConfig(**asdict(stage.network), **_from_data(audio, clips, pretrained)))
    _fit(network, clips, pretrained)
    return network


def _pretrained(audio: Audio) -> Any:
    """The network of the checkpoint to fine-tune, None where features are frozen."""
    if audio.fine_tune is None:
        return None
    from kmtalk_model.encoders.wav2vec2_weights import load_checkpoint

    return load_checkpoint(audio.fine_tune, None, with_ctc=False).network


def _from_data(audio: Audio, clips: ClipDataset, pretrained: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "vertices": len(clips.corpus.template(clips.clips[0])),
        "features": clips.heard.features(clips.clips[0]).shape[1],
    }
    if pretrained is not None:
        from kmtalk_model.networks.wav2vec2 import config_of

        found["wav2vec2"] = config_of(pretrained)
        if audio.resample == "stack":
            found["tokens_per_frame"] = tokens_per_frame(clips.heard.cache.streams["conv"], clips.clips[0].fps)
    return found


def _fit(network: KeyMotionDecoder | MotionCompletion, clips: ClipDataset, pretrained: Any) -> None:
    fit_basis(network.motion, clips)
    if isinstance(network.audio, AudioContext):
        fit_features(network.audio, clips)
    elif network.audio is not None:
        cast("FineTunedWav2Vec2", network.audio).copy_pretrained(pretrained)
