"""The README of an export: what the folder holds, for people who have never seen KMTalk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kmtalk_align.export.whole_run import WholeRun

if TYPE_CHECKING:
    from kmtalk_align.export.corpus import Exported

_MOTION_EXAMPLE = """\
import json, pickle, numpy
clips = json.load(open("key_frames.json", encoding="utf-8"))["utterances"]
templates = pickle.load(open("templates.pkl", "rb"), encoding="latin1")
for name, clip in clips.items():
    vertices = numpy.load(f"vertices_npy/{name}.npy").reshape(clip["n_frames"], -1, 3)
    key_motion = vertices[clip["key_frames"]] - templates[clip["subject"]]  # (m, V, 3)
"""
_AUDIO_EXAMPLE = """\
import json, wave, numpy
clips = json.load(open("key_frames.json", encoding="utf-8"))["utterances"]
for name, clip in clips.items():
    with wave.open(f"wav/{name}.wav") as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    key_times_s = numpy.array(clip["key_frames"]) / clip["fps"]
"""


def readme(run: WholeRun, exported: Exported) -> str:
    """The text, in Markdown."""
    corpus = run.corpus
    has_motion = corpus["vertex_count"] > 0
    parts = [
        f"# {corpus['name']}, with key frames",
        corpus.get("description", ""),
        _what(run, exported),
        "## Files",
        "\n".join(_files(run, exported, has_motion)),
        "## Frames",
        "Frames are 0-based. Frame n stands for the time n / fps, and the frame of a time t is floor(t * fps + 0.5). "
        "Key frames are sorted and unique, each at least 0 and below n_frames.",
        "## Reading it",
        f"```python\n{_MOTION_EXAMPLE if has_motion else _AUDIO_EXAMPLE}```",
    ]
    if has_motion:
        parts += ["## FaceFormer, CodeTalker, SelfTalk", *_loaders(run, exported)]
    parts += ["## KMTalk", "It opens this folder as a corpus; `root` is where the folder lies:", _config(run)]
    parts.append("The data belongs to whom it belonged before: its licence holds for this folder too.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(run: WholeRun, exported: Exported) -> str:
    asr, aligner, selector = run.name.split(".")
    corpus = run.corpus
    mesh = f"{corpus['vertex_count']} vertices, unit {corpus['unit']}"
    motion = f"and motion, {mesh}" if corpus["vertex_count"] else "alone"
    lines = [
        f"{len(exported.clips)} utterances: speech {motion}, {corpus['fps']:g} frames a second. The key frames are of "
        f"KMTalk's run `{run.name}`: recogniser `{asr}`, aligner `{aligner}`, selector `{selector}`."
    ]
    if exported.fallbacks:
        lines.append(
            f"{exported.fallbacks} of them could not be aligned: their key frames are evenly spaced, and `source` in "
            "key_frames.json is `fallback`."
        )
    if exported.excluded:
        lines.append(f"{len(exported.excluded)} more are left out: excluded.csv says why.")
    return " ".join(lines)


def _files(run: WholeRun, exported: Exported, has_motion: bool) -> list[str]:
    corpus = run.corpus
    files = {"wav/<id>.wav": "16 kHz, mono, 16-bit PCM"}
    if has_motion:
        width = corpus["vertex_count"] * 3
        files["vertices_npy/<id>.npy"] = f"vertices, float32 (n_frames, {width}), unit {corpus['unit']}"
        files["templates.pkl"] = "neutral vertices by subject, float32 (V, 3)"
    if corpus["faces"]:
        files["mesh.npz"] = f"`faces`, int32 ({len(corpus['faces'])}, 3)"
    if corpus["regions"]:
        files["regions/<name>.txt"] = f"vertex indices of {', '.join(sorted(corpus['regions']))}"
    files["splits.json"] = "{split: [ids]}; an id in none of them has no split"
    files["key_frames/<id>.npy"] = "key frame indices, int32 (m,)"
    files["key_frames.json"] = "the same for all, with subject, split, source, fps, n_frames, and why one is a fallback"
    if exported.transcribed:
        files["transcripts/<id>.txt"] = _transcripts(run, exported)
    if exported.aligned:
        files["textgrids/<id>.TextGrid"] = (
            f"words and phones in time, for {exported.aligned} utterances (Praat opens them)"
        )
    files["excluded.csv"] = "the utterances that are left out, at which step, and why"
    return ["| | |", "|---|---|", *(f"| `{path}` | {what} |" for path, what in files.items())]


def _transcripts(run: WholeRun, exported: Exported) -> str:
    heard = ", ".join(sorted(exported.models - {"reference"}))
    if not heard:
        return f"what is said: the corpus' own transcripts, for {exported.transcribed} utterances"
    if "reference" in exported.models:
        return (
            f"what is said, for {exported.transcribed} utterances: the corpus' own transcripts, and where it has none, "
            f"what was recognised ({heard}), uncorrected"
        )
    return (
        f"what `{run.name.partition('.')[0]}` recognised ({heard}), uncorrected, for "
        f"{exported.transcribed} utterances; not the corpus' own transcripts"
    )


def _loaders(run: WholeRun, exported: Exported) -> list[str]:
    subjects = sorted({clip["subject"] for clip in exported.clips.values()})
    named = [
        "Their loaders read `wav/`, `vertices_npy/` and `templates.pkl` as they lie here. They know a file by its "
        "name: the subject is the id without its last `_` field, the sentence number the last two characters before "
        "the first dot. They don't read splits.json: the sentence numbers of each split stand in their "
        f"data_loader.py, and the subjects are options. The subjects here: `{' '.join(subjects)}`. FaceFormer's "
        f"`--vertice_dim` is {run.corpus['vertex_count'] * 3}.",
        f"The motion is at {run.corpus['fps']:g} frames a second already. Where the data set is called `vocaset` these "
        "loaders take every second frame of the files: call the folder `BIWI`, or take that step out of the loader.",
    ]
    odd = [stem for stem in exported.clips if not _is_known_by_name(stem)]
    if odd:
        named.append(
            f"{len(odd)} of the {len(exported.clips)} ids here have no subject and sentence number that these loaders "
            f"could read ({', '.join(f'`{stem}`' for stem in sorted(odd)[:3])}{', ...' if len(odd) > 3 else ''}): they "
            "stop there, or leave the utterance out. Read splits.json instead, or rename the files."
        )
    return named


def _is_known_by_name(stem: str) -> bool:
    """Whether FaceFormer's loader finds subject and sentence; it also puts npy for each `wav` in a name."""
    return stem.partition(".")[0][-2:].isdecimal() and "_" in stem and "wav" not in stem


def _config(run: WholeRun) -> str:
    corpus = run.corpus
    block = {
        "name": corpus["name"],
        "type": "folder",
        "root": ".",
        "fps": corpus["fps"],
        "shards": len(corpus["shards"]),
    }
    if corpus["vertex_count"]:
        block["unit"] = corpus["unit"]
    if corpus["mouth_opening"]:
        block["mouth_opening"] = corpus["mouth_opening"]
    if corpus.get("description"):
        block["description"] = corpus["description"]
    lines = [f"  {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in block.items()]
    return "```yaml\n" + "\n".join(["corpus:", *lines]) + "\n```"
