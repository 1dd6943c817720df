"""Animations in the formats of other tools: glTF, OBJ, PLY, USD, ARKit weights; and visemes of an alignment."""
