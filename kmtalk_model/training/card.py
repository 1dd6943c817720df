"""The model card of a trained stage: the README that Hugging Face shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kmtalk_model.training.record import Record

_WHAT = {
    "key_motion": ("KeyMotionDecoder", "key_motion", "the Key Motion-focused Decoder: audio features -> key motions"),
    "completion": ("MotionCompletion", "completion", "Cross-modal Motion Completion: key motions -> the whole motion"),
    "single_stage": ("KeyMotionDecoder", "key_motion", "a single-stage decoder: audio features -> the whole motion"),
}


def model_card(record: Record) -> str:
    """Markdown with the metadata that the hub reads. What is unknown of a model's licence isn't claimed."""
    kind, module, what = _WHAT[record.stage]
    corpus, keys, audio = record.corpus, record.recipe["keys"], record.recipe["audio"]
    errors = "\n".join(f"| {split} | {record.clips[split]} | {value:.3g} |" for split, value in record.lve.items())
    of = "key motions" if record.stage == "key_motion" else "whole motion"
    return f"""---
library_name: kmtalk
tags: [talking-face, speech-driven-animation, kmtalk]
---

# KMTalk, stage `{record.stage}`, trained on {corpus["name"]}

Part of an open implementation of *KMTalk: Speech-Driven 3D Facial Animation with Key Motion Embedding* (ECCV 2024):
{what}. {record.parameters:,} parameters.

```python
from kmtalk_model.networks.{module} import {kind}

network = {kind}.from_pretrained("this/folder")
```

- Trained on: {corpus["name"]}. {corpus["description"] or ""}
- Motion: offsets from a template of {corpus["vertex_count"]} vertices, unit {corpus["unit"]}, {corpus["fps"]:g} fps.
- Audio: features of the encoder `{audio["encoder"]}` at frames (`{audio["resample"]}`).
- Key frames: `{keys["asr"]}.{keys["aligner"]}.{keys["selector"]}`.
- Best of {record.epochs} epochs: {record.best_epoch + 1}. stage.json beside this file says all that made it.

| split | clips | lip vertex error of the {of}, squared {corpus["unit"]} |
|---|---|---|
{errors}

Limits: it has seen the speakers, language and recording of its corpus alone. Whether its weights may be passed on
depends on the licence of that corpus.
"""
