"""The errors of the interface: what is wrong, where, and what to do about it."""

from __future__ import annotations


class KMTalkError(Exception):
    """Base of every error that a user may see.

    The message reads ``where: what; fix``: `where` names the file, utterance or key, `fix` what to do.
    """

    def __init__(self, what: str, *, where: object = None, fix: str | None = None) -> None:
        self.what, self.where, self.fix = what, where, fix
        place = f"{where}: " if where is not None else ""
        super().__init__(f"{place}{what}" + (f"; {fix}" if fix else ""))


class ConfigError(KMTalkError):
    """A config block, an option or a name of a backend is wrong."""


class CorpusError(KMTalkError):
    """A corpus folder, or one utterance of it, is not what its layout promises."""


class AudioError(KMTalkError):
    """A recording cannot be decoded, is cut off, or holds nothing."""


class CaptureError(KMTalkError):
    """A video cannot be read, or the face in it cannot be followed."""


class RecognitionError(KMTalkError):
    """A recogniser found no usable text in a recording."""


class WeightsError(KMTalkError):
    """The weights of a model can't be had on this machine."""


class OutOfReachError(WeightsError):
    """No source has the model. (Where one has it and it is damaged, that is a plain WeightsError.)"""


class PronunciationError(KMTalkError):
    """A word cannot be turned into phones."""


class AlignmentError(KMTalkError):
    """A transcript cannot be aligned with its recording."""


class TextGridError(KMTalkError):
    """A TextGrid is malformed or lacks what is needed of it."""


class PredictionError(KMTalkError):
    """Predicted motion is not what can be compared with the captured motion of its clip."""


class MeshError(KMTalkError):
    """A mesh file cannot be read, or is not one face."""


class AnimationError(KMTalkError):
    """An animation's arrays do not fit together, or its file is not one of KMTalk."""


class ArtefactError(KMTalkError):
    """A table or file of results/ is missing, malformed, or belongs to another config."""


class RenderError(KMTalkError):
    """A picture or video cannot be drawn or encoded."""
