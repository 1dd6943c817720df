"""Export of a built corpus to the layout that FaceFormer, CodeTalker and SelfTalk read, with its key frames."""

from kmtalk_align.export.corpus import Exported, export_corpus

__all__ = ["Exported", "export_corpus"]
