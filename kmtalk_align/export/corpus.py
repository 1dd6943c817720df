"""The export as a whole: every utterance of a run, or why it is left out, and what they have in common."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import progress
from kmtalk_align.corpora.mesh import mesh_of, region_of
from kmtalk_align.corpora.splits import UNASSIGNED, subject_of
from kmtalk_align.corpora.templates import pickled_templates
from kmtalk_align.errors import ArtefactError, KMTalkError
from kmtalk_align.export.clip import bytes_of, file_stem, read_clip, write_array, write_clip
from kmtalk_align.export.readme import readme
from kmtalk_align.export.whole_run import Result, WholeRun, open_run
from kmtalk_align.files import check_room, encode_id, new_directory, refuse_occupied, write_bytes
from kmtalk_align.stage import Row
from kmtalk_align.textgrid import write_textgrid

_EXCLUDED = ("utterance_id", "subject", "split", "step", "message")
_KEY_FRAMES = ("source", "fps", "n_frames", "key_frames", "message")


@dataclass
class Exported:
    """What an export holds.

    clips: by the stem of its files, what key_frames.json says of each utterance; excluded: the rows of excluded.csv;
    models: the recognisers that gave the transcripts; transcribed, aligned: how many utterances have a transcript, how
    many a TextGrid.
    """

    clips: dict[str, Row] = field(default_factory=dict)
    excluded: list[dict[str, str]] = field(default_factory=list)
    models: set[str] = field(default_factory=set)
    transcribed: int = 0
    aligned: int = 0

    @property
    def fallbacks(self) -> int:
        """How many utterances have evenly spaced key frames, since they could not be aligned."""
        return sum(clip["source"] == "fallback" for clip in self.clips.values())


def export_corpus(results: Path, root: Path, run_name: str, output: Path) -> Exported:
    """Write the utterances and key frames of a run to the new folder `output`, which appears when it is whole.

    results: ``results/<corpus>``; root: the corpus' root. An utterance that failed, or whose files are no longer what
    `prepare` saw, is a row of excluded.csv. Raises ArtefactError where the run is not whole, `output` holds something,
    the disk has too little room, or no utterance can be exported.
    """
    run = open_run(results, run_name)
    templates = run.templates()
    utterances = run.utterances()
    output = output.resolve()
    refuse_occupied(output)
    check_room(output, sum(bytes_of(one, run.corpus["vertex_count"]) for one in utterances), of="the export")
    exported = Exported()
    with new_directory(output) as folder:
        with progress.bar("export", len(utterances)) as advance:
            for result in run.made():
                _export(result, root, run.corpus["vertex_count"], folder, exported)
                advance()
        if not exported.clips:
            first = f"; the first: {exported.excluded[0]['message']}" if exported.excluded else ""
            raise ArtefactError(
                f"none of its {len(utterances)} utterances can be exported{first}",
                where=results,
                fix=f"is {root} the corpus' root?",
            )
        _write_common(run, templates, exported, folder)
        refuse_occupied(output)
    return exported


def _export(result: Result, root: Path, vertex_count: int, folder: Path, exported: Exported) -> None:
    """Write one utterance's files, or note why it is left out."""
    utterance, failure = result.utterance, result.failure
    if failure is None:
        try:
            clip = read_clip(utterance, root, vertex_count)
        except (KMTalkError, OSError) as error:
            failure = "export", str(error).replace(f"{root}/", "")
    if failure is not None:
        values = (utterance.utterance_id, utterance.subject, utterance.split, *failure)
        exported.excluded.append(dict(zip(_EXCLUDED, values, strict=True)))
        return
    stem = file_stem(utterance.utterance_id)
    if stem in exported.clips:
        raise ArtefactError("two utterances would have this file name", where=stem, fix="rename one, or exclude it")
    write_clip(clip, folder, stem)
    write_array(folder / "key_frames" / f"{stem}.npy", np.array(result.key_frames["key_frames"], np.int32))
    if result.transcript is not None:
        exported.transcribed += 1
        exported.models.add(result.transcript["model"])
        write_bytes(folder / "transcripts" / f"{encode_id(stem)}.txt", f"{result.transcript['text']}\n".encode())
    if result.alignment is not None:
        exported.aligned += 1
        end_s = max(result.alignment.duration_s, utterance.duration_s)
        path = folder / "textgrids" / f"{encode_id(stem)}.TextGrid"
        write_textgrid(path, replace(result.alignment, duration_s=end_s))
    columns = {column: result.key_frames[column] for column in _KEY_FRAMES}
    exported.clips[stem] = {"subject": subject_of(stem), "split": utterance.split} | columns


def _write_common(run: WholeRun, templates: dict[str, NDArray[np.float32]], exported: Exported, folder: Path) -> None:
    """Write what the utterances have in common: templates, mesh, regions, splits, all key frames, README."""
    splits: dict[str, list[str]] = {}
    for stem, clip in sorted(exported.clips.items()):
        if clip["split"] != UNASSIGNED:
            splits.setdefault(clip["split"], []).append(stem)
    _write_json(folder / "splits.json", splits)
    keys = {"corpus": run.corpus["name"], "run": run.name, "fps": run.corpus["fps"]}
    _write_json(folder / "key_frames.json", keys | {"utterances": dict(sorted(exported.clips.items()))})
    if templates:
        named = {file_stem(subject): template for subject, template in sorted(templates.items())}
        write_bytes(folder / "templates.pkl", pickled_templates(named))
    if run.corpus["faces"]:
        write_bytes(folder / "mesh.npz", mesh_of(np.array(run.corpus["faces"], np.int32)))
    for name, indices in run.corpus["regions"].items():
        write_bytes(folder / "regions" / f"{name}.txt", region_of(indices))
    write_bytes(folder / "excluded.csv", _csv(exported.excluded))
    write_bytes(folder / "README.md", readme(run, exported).encode())


def _csv(rows: list[dict[str, str]]) -> bytes:
    content = io.StringIO(newline="")
    table = csv.DictWriter(content, _EXCLUDED, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return content.getvalue().encode()


def _write_json(path: Path, content: object) -> None:
    write_bytes(path, (json.dumps(content, ensure_ascii=False) + "\n").encode())
