"""Inference: a recording becomes an Animation by the networks of a run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.aligners.base import Alignment
from kmtalk_align.audio import SAMPLE_RATE, Samples, decode
from kmtalk_align.errors import AlignmentError, ConfigError, PronunciationError, RecognitionError
from kmtalk_align.frames import frame_of
from kmtalk_align.keyframes import KeyFrames, key_frames
from kmtalk_align.localize import Localizer
from kmtalk_align.selectors import selector
from kmtalk_align.textgrid import read_textgrid
from kmtalk_model.animation import Animation, Sound
from kmtalk_model.encoders import Encoder, encoder_config
from kmtalk_model.encoders.base import one_core_each
from kmtalk_model.feature_cache import as_float16
from kmtalk_model.resample import streams_to_frames
from kmtalk_model.run_folder import RunFolder
from kmtalk_model.stopwatch import Stopwatch
from kmtalk_model.templates import choose_template
from kmtalk_model.windows import System, Windows, predict

_log = logging.getLogger(__name__)
# What the workflow makes a failed row of, whose key frames are a fallback.
_NO_ALIGNMENT = (AlignmentError, PronunciationError, RecognitionError)


@dataclass(frozen=True)
class _Given:
    """A recording (S,) at 16 kHz, what is given with it, and the frames that it becomes."""

    path: Path
    samples: Samples
    transcript: str | None
    textgrid: Path | None
    n_frames: int
    fps: float


class Animator:
    """A run, ready for one recording after another. Each of its models is loaded when it is first needed, and once."""

    def __init__(
        self,
        run: RunFolder,
        load_system: Callable[[], System],
        *,
        device: str = "cpu",
        threads: int = 1,
        windows: Windows | None = None,
    ) -> None:
        """load_system: gives the run's networks; device: theirs (the encoder's is in its block); threads: with several,
        features are made beside recognition and alignment. Raises ConfigError for a mistake in the run's blocks.
        """
        self.run = run
        self._load_system = load_system
        self._device, self._threads, self._windows = device, threads, windows or Windows.like(run.run.longest_clip_s)
        self._encoder_config = encoder_config(run.run.encoder)
        self._selector = selector(run.run.selector)
        self._localizer = Localizer(run.run.asr, run.run.aligner, max(1, threads - 1))

    @classmethod
    def from_run(
        cls, path: Path | str, *, device: str = "cpu", threads: int = 1, windows: Windows | None = None
    ) -> Animator:
        """The animator of a folder ``results/<corpus>/runs/<experiment>``, or of its run.json.

        Raises ArtefactError where anything of it is missing, ConfigError for a device that is not here.
        """
        run = RunFolder.load(Path(path))

        def load() -> System:
            from kmtalk_model.system import System as Networks

            return Networks.from_run(run, device=device)

        return cls(run, load, device=device, threads=threads, windows=windows)

    def __call__(
        self,
        audio: Path | str,
        *,
        template: Path | NDArray[np.floating] | None = None,
        subject: str | None = None,
        transcript: str | None = None,
        textgrid: Path | None = None,
        fps: float | None = None,
        watch: Stopwatch | None = None,
    ) -> Animation:
        """The animation of a recording of any length, in any format that `audio.decode` reads.

        template: a mesh or an array of the run's topology; subject: one of the run's, whose template is taken; neither:
        the mean of all. transcript: what is said, so that nothing is recognised; textgrid: phones in time, so that
        nothing is aligned either. fps: another frame rate than the run's. Where no word can be found or aligned the key
        frames are evenly spaced (source fallback), with a warning. Raises KMTalkError.
        """
        watch = watch or Stopwatch()
        with watch("start"):
            face = choose_template(self.run, template, subject)
            given = _given(Path(audio), transcript, textgrid, self.run.run.face.fps if fps is None else fps)
        keys, alignment, features = self._listen(given, watch)
        with watch("networks"):
            vertices = self._networks(features, keys)
            vertices += face
        return Animation(
            vertices=vertices,
            fps=given.fps,
            template=face,
            faces=np.array(self.run.run.face.faces, np.int32).reshape(-1, 3),
            unit=self.run.run.face.unit,
            key_frames=np.array(keys.indices, np.int32),
            key_source=keys.source,
            words=alignment.words if alignment else (),
            phones=alignment.phones if alignment else (),
            regions=self.run.run.face.regions,
            sound=Sound(str(audio), len(given.samples)),
            name=self.run.run.name,
        )

    def _listen(self, given: _Given, watch: Stopwatch) -> tuple[KeyFrames, Alignment | None, NDArray[np.float32]]:
        """Key frames, the alignment that they come from, and features (N, d) of a recording."""
        if given.transcript is None and given.textgrid is None:
            # Before the other thread begins to import: what both import must not be half done in one of them.
            with watch("recognition"):
                self._check_hearing()
        if self._threads == 1:
            keys, alignment = self._localize(given, watch)
            return keys, alignment, self._features(given, watch)
        with ThreadPoolExecutor(1, initializer=one_core_each) as other:
            features = other.submit(self._features, given, watch)
            keys, alignment = self._localize(given, watch)
            return keys, alignment, features.result()

    def _check_hearing(self) -> None:
        """Load the recogniser. Raises ConfigError for one that only gives a corpus' transcripts."""
        if not self._localizer.recogniser.listens:
            raise ConfigError(
                "the run's recogniser gives the transcripts of its corpus, and hears nothing",
                where=self.run.folder,
                fix="give the transcript, or a TextGrid",
            )

    def _localize(self, given: _Given, watch: Stopwatch) -> tuple[KeyFrames, Alignment | None]:
        try:
            alignment = self._aligned(given, watch)
        except _NO_ALIGNMENT as error:
            _log.warning("%s: the key frames are evenly spaced, since %s", given.path, error)
            alignment = None
        phones = list(alignment.phones) if alignment else None
        # By the stem, as the corpora name their utterances: random key frames depend on it.
        return key_frames(self._selector, given.path.stem, given.n_frames, given.fps, phones), alignment

    def _aligned(self, given: _Given, watch: Stopwatch) -> Alignment:
        if given.textgrid is not None:
            with watch("alignment"):
                return read_textgrid(given.textgrid, duration_s=len(given.samples) / SAMPLE_RATE)
        with watch("recognition"):
            said = self._localizer.transcribe(given.path.name, given.samples, given.transcript)
        with watch("alignment"):
            return self._localizer.align(given.path.name, given.samples, said).alignment

    def _features(self, given: _Given, watch: Stopwatch) -> NDArray[np.float32]:
        """As the cache would give them: rounded to half precision, as in training."""
        with watch("features"):
            [found] = self._encoder.encode([given.samples])
            streams = self._encoder.streams
            cached = {name: as_float16(found.features[name], name) for name in self.run.run.streams or streams}
            features = streams_to_frames(cached, streams, given.n_frames, given.fps, self.run.run.resample)
        with watch("networks"):
            self._system  # noqa: B018  loaded here, beside what else goes on
        return features

    def _networks(self, features: NDArray[np.float32], keys: KeyFrames) -> NDArray[np.float32]:
        import torch

        torch.set_num_threads(self._threads)
        return predict(
            self._system,
            features,
            np.array(keys.indices, np.int32),
            keys.fps,
            parts=self._windows,
            anchor_ends=self._selector.anchor_ends,
            device=self._device,
        )

    @cached_property
    def _encoder(self) -> Encoder:
        return self._encoder_config.load()

    @cached_property
    def _system(self) -> System:
        return self._load_system()


def _given(audio: Path, transcript: str | None, textgrid: Path | None, fps: float) -> _Given:
    """Raises ConfigError where the recording is shorter than a frame, AudioError where it can't be decoded."""
    if transcript is not None and textgrid is not None:
        raise ConfigError("a transcript and a TextGrid exclude each other", fix="a TextGrid holds the words already")
    if not 0 < fps < float("inf"):
        raise ConfigError(f"there can't be {fps:g} frames a second", fix="leave fps out for the run's own")
    samples = decode(audio)
    n_frames = frame_of(len(samples) / SAMPLE_RATE, fps)
    if n_frames < 1:
        raise ConfigError(f"is shorter than one frame at {fps:g} fps", where=audio)
    return _Given(audio, samples, transcript, textgrid, n_frames, fps)
