"""One stage of an experiment: cached artefacts -> a trained network in runs/<experiment>/<stage>/."""

from __future__ import annotations

import logging
import time
import warnings
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from kmtalk_align.allocator import keep_freed_memory
from kmtalk_align.errors import ConfigError
from kmtalk_align.files import check_writable
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.dataset import Clip, ClipDataset, Heard
from kmtalk_model.experiment import DecoderStage, Experiment, Stage, Training
from kmtalk_model.loss_weights import LossWeights
from kmtalk_model.networks.key_motion import KeyMotionDecoder, KeysOfSequence
from kmtalk_model.training.collate import Collate
from kmtalk_model.training.completion_module import CompletionModule
from kmtalk_model.training.decoder_module import DecoderModule
from kmtalk_model.training.history import History, ProgressBar
from kmtalk_model.training.lip_targets import LipTargets, new_lip_reader
from kmtalk_model.training.machine import Machine
from kmtalk_model.training.networks import new_completion, new_decoder
from kmtalk_model.training.order import EpochOrder
from kmtalk_model.training.record import Record, finish
from kmtalk_model.training.stage_module import IDENTITY, Regions, StageModule, lip_vertex_error

VERSION = 1
LAST, BEST, WEIGHTS = "last.ckpt", "best.ckpt", "model.safetensors"
_log = logging.getLogger(__name__)


def train(
    experiment: Experiment,
    stage: Stage,
    corpus: CapturedCorpus,
    folder: Path,
    *,
    decoder: Path | None = None,
    resume: bool = False,
    machine: Machine | None = None,
) -> None:
    """Train a stage; its folder is then whole: model.safetensors, config.json, README.md, stage.json, metrics.csv,
    TensorBoard's log, last.ckpt.

    decoder: the folder of the trained first stage, where the completion is trained on what it predicts; resume: go on
    from last.ckpt where there is one. Raises KMTalkError.
    """
    machine = machine or Machine()
    keep_freed_memory()
    _quieten_lightning()
    lightning.seed_everything(experiment.seed, verbose=False)
    heard = Heard(corpus, experiment.keys, experiment.audio)
    targets = _lip_targets(experiment, stage, corpus)
    clips = {split: _clips(corpus, heard, split, experiment, targets) for split in ("train", "val")}
    module = _module(experiment, stage, corpus, clips["train"], decoder, targets)
    collate = Collate(every_frame_a_key=stage == "single_stage", targets=targets)
    settings: Training = getattr(experiment, stage).training
    loaders = {split: _loader(clips[split], split, settings, experiment.seed, machine, collate) for split in clips}
    check_writable(folder / WEIGHTS)
    trainer, history = _trainer(settings, folder, machine)
    record = Record.of(experiment, stage, corpus, clips, module.network, decoder)
    module.identity = record.identity
    state = folder / LAST if resume and _is_of(folder / LAST, record.identity) else None
    if state is not None:
        _log.info("%s: going on from %s", stage, state)
    started = time.monotonic()
    trainer.fit(module, loaders["train"], loaders["val"], ckpt_path=state, weights_only=True)
    if trainer.is_global_zero:
        best = torch.load(folder / BEST, weights_only=True, map_location="cpu")
        module.load_state_dict(best["state_dict"])
        errors = {split: lip_vertex_error(module.cpu().eval(), loaders[split]) for split in loaders}
        finish(folder, module.network, record.trained(errors, history.rows, best["epoch"], time.monotonic() - started))
    trainer.strategy.barrier()  # no process goes on to the next stage before this one is whole


def _quieten_lightning() -> None:
    """Leave what Lightning says of itself, its loggers and its own future to those who develop it."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\.")


def _lip_targets(experiment: Experiment, stage: Stage, corpus: CapturedCorpus) -> LipTargets | None:
    """What lip reading aims at, where a stage has it and a loss for it."""
    choices = getattr(experiment, stage)
    if not isinstance(choices, DecoderStage) or choices.lip_reading is None or not choices.losses.reads_lips:
        return None
    return LipTargets(corpus, experiment.keys, choices, choices.lip_reading)


def _clips(
    corpus: CapturedCorpus, heard: Heard, split: str, experiment: Experiment, targets: LipTargets | None
) -> ClipDataset:
    with_fallback = split != "train" or experiment.keys.train_on_fallback
    unread = None if targets is None else targets.missing
    return ClipDataset(corpus, heard, split, with_fallback=with_fallback, unread=unread)


def _is_of(state: Path, identity: str) -> bool:
    """Whether a checkpoint is of the same training, by the same data."""
    try:
        found: bool = torch.load(state, weights_only=True, mmap=True)[IDENTITY] == identity
    except FileNotFoundError:
        return False
    except Exception as error:  # torch raises its own, of many types, for a file that is none of its
        _log.warning("%s: cannot be read (%s); training begins anew", state, error)
        return False
    if not found:
        _log.warning("%s: is of other settings or data; training begins anew", state)
    return found


def _module(
    experiment: Experiment,
    stage: Stage,
    corpus: CapturedCorpus,
    clips: ClipDataset,
    decoder: Path | None,
    targets: LipTargets | None,
) -> StageModule:
    """The network in training."""
    regions = _regions(corpus, getattr(experiment, stage).losses)
    common = {"regions": regions, "seed": experiment.seed}
    if stage == "completion":
        own = experiment.completion
        network = new_completion(own, experiment.audio, clips)
        return CompletionModule(network, own, _first_stage(experiment, decoder), **common)
    choices: DecoderStage = getattr(experiment, stage)
    reader, blank = None, 0
    if targets is not None and choices.lip_reading is not None:
        reader, blank = new_lip_reader(choices.lip_reading, targets, len(regions.lips)), targets.blank
    return DecoderModule(new_decoder(choices, experiment.audio, clips), choices, reader, blank, **common)


def _first_stage(experiment: Experiment, folder: Path | None) -> KeyMotionDecoder | KeysOfSequence | None:
    """What the completion's key motions are predicted by, where it trains on such."""
    if folder is None:
        return None
    decoder: KeyMotionDecoder = KeyMotionDecoder.from_pretrained(folder)
    return decoder if experiment.key_motions_from == "key_motion" else KeysOfSequence(decoder)


def _regions(corpus: CapturedCorpus, weights: LossWeights) -> Regions:
    """The regions that a stage looks at. Raises ConfigError where the corpus lacks one."""
    upper_face = corpus.region("upper_face", needed_by="loss `dynamics`") if weights.dynamics else np.empty(0, np.intp)
    lips = corpus.region("lips", needed_by="training")
    return Regions(torch.from_numpy(lips), torch.from_numpy(upper_face))


def _loader(
    clips: ClipDataset, split: str, settings: Training, seed: int, machine: Machine, collate: Collate
) -> DataLoader[Clip]:
    order = EpochOrder(len(clips), seed) if split == "train" else None
    return DataLoader(
        clips,
        settings.batch_size,
        sampler=order,
        collate_fn=collate,
        num_workers=machine.workers,
        persistent_workers=machine.workers > 0,
        # Of its own: each pass draws a number, at another time in training that goes on.
        generator=torch.Generator().manual_seed(seed),
        pin_memory=torch.cuda.is_available(),
    )


def _trainer(settings: Training, folder: Path, machine: Machine) -> tuple[lightning.Trainer, History]:
    history = History(folder / "metrics.csv")
    best = ModelCheckpoint(
        folder, BEST.removesuffix(".ckpt"), monitor="val/lve", save_last=True, enable_version_counter=False
    )
    callbacks: list[Callback] = [best, history, ProgressBar()]
    if settings.average:
        # Not of what is no weight: vertex indices would be rounded to others.
        callbacks.append(EMAWeightAveraging(use_buffers=False, decay=settings.average))
    try:
        trainer = lightning.Trainer(
            accelerator=machine.accelerator,
            devices=machine.devices,
            max_epochs=settings.epochs,
            precision=settings.precision,
            accumulate_grad_batches=settings.accumulate,
            gradient_clip_val=settings.clip,
            callbacks=callbacks,
            logger=TensorBoardLogger(folder, name="tensorboard", version=""),
            num_sanity_val_steps=0,
            enable_model_summary=False,
            # The CTC loss has no deterministic gradient on a GPU: a warning there, and not the end.
            deterministic="warn",
            log_every_n_steps=10,
        )
    except (MisconfigurationException, ValueError) as error:
        raise ConfigError(
            f"this machine can't train so ({error})",
            where=f"--accelerator {machine.accelerator} --devices {machine.devices}",
            fix="give what it has, or --accelerator auto --devices 1",
        ) from error
    return trainer, history
