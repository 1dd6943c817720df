"""What a training run is: every choice, as plain dataclasses. presets/*.yaml say each of them in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kmtalk_model.loss_weights import LossWeights
from kmtalk_model.networks.config import CompletionChoices, KeyMotionChoices
from kmtalk_model.resample import Resampling

Stage = Literal["single_stage", "key_motion", "completion"]


@dataclass(frozen=True)
class Keys:
    """Where the key frames are from: names of config blocks. train_on_fallback: whether utterances train whose
    alignment failed and whose key frames are evenly spaced.
    """

    asr: str
    aligner: str
    selector: str
    train_on_fallback: bool

    @property
    def name(self) -> str:
        """``<asr>.<aligner>.<selector>``, as under keyframes/."""
        return f"{self.asr}.{self.aligner}.{self.selector}"


@dataclass(frozen=True)
class Audio:
    """encoder: the name of the config block whose features are read; resample: how its tokens become frames; fine_tune:
    a wav2vec 2.0 checkpoint (name or folder) whose transformer is trained over the encoder's output `conv`.
    """

    encoder: str
    resample: Resampling
    fine_tune: str | None


@dataclass(frozen=True)
class LipReading:
    """The lip-reading branch of SelfTalk, for the last two terms of Eq. 2.

    teacher: the encoder block whose cached features are the latent target; stream: which of its outputs; text: what the
    CTC loss is to read, the `transcript` of the experiment's keys or the `teacher`'s greedy labels, of which there are
    `vocabulary` with the blank, `blank` (the size and pad_token_id of the CTC head, as its config.json has them);
    width, heads, layers, feed_forward: of the transformer, whose encoder and decoder have `layers` each.
    """

    teacher: str
    stream: str
    text: Literal["transcript", "teacher"]
    vocabulary: int
    blank: int
    width: int
    heads: int
    layers: int
    feed_forward: int


@dataclass(frozen=True)
class Training:
    """optimizer: Adam, or AdamW with weight_decay; schedule: of the learning rate, after `warmup_steps`; accumulate:
    batches a step; clip: the norm that gradients are clipped to, None for none; average: decay of the weights' moving
    average that is validated and kept, 0 for the weights themselves; precision: as Lightning names it; feature_noise:
    deviation of noise on the audio features, in deviations of each; feature_mask: chance that an utterance has a
    stretch of up to 0.3 s of its features blanked out.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    schedule: Literal["constant", "cosine"]
    warmup_steps: int
    weight_decay: float
    accumulate: int
    clip: float | None
    average: float
    precision: Literal["32-true", "16-mixed", "bf16-mixed"]
    feature_noise: float
    feature_mask: float


@dataclass(frozen=True)
class DecoderStage:
    """The Key Motion-focused Decoder, or the single-stage decoder. supervision: Eq. 2 on the pseudo-complete sequence,
    or on the key motions alone (`direct`).
    """

    network: KeyMotionChoices
    losses: LossWeights
    training: Training
    lip_reading: LipReading | None
    supervision: Literal["pseudo_complete", "direct"] = "pseudo_complete"


@dataclass(frozen=True)
class CompletionStage:
    """Motion completion. method: the `network`; without one, key motions interpolated (`linear`, `spline`), or put
    straight into the single-stage sequence (`insert`). key_source: which key motions it is trained on; mixed: the
    chance of predicted ones; noise: deviation of the noise on key motions, in deviations of each coefficient.
    """

    method: Literal["network", "linear", "spline", "insert"]
    network: CompletionChoices
    losses: LossWeights
    training: Training
    key_source: Literal["ground_truth", "predicted", "mixed", "noise"]
    mixed: float
    noise: float


@dataclass(frozen=True)
class Experiment:
    """system: KMTalk, or the single-stage decoder alone; key_motions_from: which network's key motions KMTalk completes
    (KMTalk Table 3).
    """

    seed: int
    keys: Keys
    audio: Audio
    system: Literal["kmtalk", "single_stage"]
    key_motions_from: Literal["key_motion", "single_stage"]
    single_stage: DecoderStage
    key_motion: DecoderStage
    completion: CompletionStage

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that have to be trained, in order."""
        if self.system == "single_stage":
            return ("single_stage",)
        decoders: list[Stage] = [self.key_motions_from]
        if self.completion.method == "insert" and "single_stage" not in decoders:
            decoders.insert(0, "single_stage")
        return (*decoders, "completion") if self.completion.method == "network" else tuple(decoders)

    @property
    def predicts_keys_for_training(self) -> bool:
        """Whether the completion is trained on what the first stage predicts, and so after it."""
        return self.completion.key_source in ("predicted", "mixed")
