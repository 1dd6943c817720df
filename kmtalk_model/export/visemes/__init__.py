"""Visemes in time, from phones in time: Oculus LipSync's and Rhubarb's, in Rhubarb's formats."""

from kmtalk_model.export.visemes.cues import Cue, cues_of
from kmtalk_model.export.visemes.sets import SETS, VisemeSet
from kmtalk_model.export.visemes.write import write_visemes

__all__ = ["SETS", "Cue", "VisemeSet", "cues_of", "write_visemes"]
