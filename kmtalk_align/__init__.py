"""From speech to key frames: audio -> transcript -> forced alignment -> TextGrid -> key frame indices."""
