"""The tables of results/: their columns, and reading and writing them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmtalk_align.errors import ArtefactError
from kmtalk_align.files import write_bytes, write_bytes_if_changed

if TYPE_CHECKING:
    import pyarrow

_MOTION = "struct<path: string, first_row: int64, rows: int64, stride: int64>"


@dataclass(frozen=True)
class Table:
    """A kind of table: its name and the type of each column (pyarrow's spelling, `?` where it may be null)."""

    name: str
    columns: Mapping[str, str]

    def schema(self) -> pyarrow.Schema:
        """The Arrow schema, with the table's name in its metadata."""
        return _schema(self.name, tuple(self.columns.items()))

    def write(self, path: Path, rows: Iterable[Mapping[str, Any]], *, only_if_changed: bool = False) -> None:
        """Write rows (a mapping of column to value each) as Parquet, in one step.

        Raises ArtefactError where the file cannot be written.
        """
        import pyarrow
        import pyarrow.parquet

        sink = io.BytesIO()
        table = pyarrow.Table.from_pylist(list(rows), schema=self.schema())
        pyarrow.parquet.write_table(table, sink, compression="zstd")
        (write_bytes_if_changed if only_if_changed else write_bytes)(path, sink.getvalue())

    def read(self, path: Path) -> list[dict[str, Any]]:
        """The rows of a Parquet file. Raises ArtefactError where it is missing or not a table of this kind."""
        import pyarrow
        import pyarrow.parquet

        try:
            # Not read_table, which loads pandas and reads a folder as a data set.
            with pyarrow.parquet.ParquetFile(path) as file:
                table = file.read()
        except FileNotFoundError as error:
            raise ArtefactError("is missing", where=path, fix=f"make it first: it is a table of {self.name}") from error
        except (OSError, pyarrow.ArrowException) as error:
            raise ArtefactError(f"is not a readable Parquet file ({error})", where=path, fix="make it again") from error
        if not table.schema.equals(self.schema()):
            missing = sorted(set(self.columns) - set(table.column_names))
            raise ArtefactError(
                f"is not a table of {self.name}" + (f": it lacks {', '.join(missing)}" if missing else ""),
                where=path,
                fix="give the right file, or make it again with this version",
            )
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows


@cache
def _schema(name: str, columns: tuple[tuple[str, str], ...]) -> pyarrow.Schema:
    import pyarrow

    types = {
        "string": pyarrow.string(),
        "int64": pyarrow.int64(),
        "double": pyarrow.float64(),
        "list<string>": pyarrow.list_(pyarrow.string()),
        "list<double>": pyarrow.list_(pyarrow.float64()),
        "list<int32>": pyarrow.list_(pyarrow.int32()),
        _MOTION: pyarrow.struct(
            [
                ("path", pyarrow.string()),
                ("first_row", pyarrow.int64()),
                ("rows", pyarrow.int64()),
                ("stride", pyarrow.int64()),
            ]
        ),
    }
    fields = [
        pyarrow.field(column, types[kind.removesuffix("?")], nullable=kind.endswith("?")) for column, kind in columns
    ]
    return pyarrow.schema(fields, metadata={"kmtalk_table": name})


CORPUS = Table(
    "corpus",
    {
        "utterance_id": "string",
        "subject": "string",
        "split": "string",
        "audio_path": "string",
        "motion": _MOTION + "?",
        "n_frames": "int64",
        "fps": "double",
        "duration_s": "double",
        "sample_rate": "int64",
        "transcript": "string?",
        "language": "string?",
        "digest": "string",
        "status": "string",
        "message": "string",
    },
)

TRANSCRIPTS = Table(
    "transcripts",
    {
        "utterance_id": "string",
        "text": "string?",
        "words": "list<string>",
        "language": "string?",
        "status": "string",
        "message": "string",
        "model": "string",
    },
)

TEXTGRID_STATUS = Table(
    "textgrid status",
    {
        "utterance_id": "string",
        "unknown_words": "list<string>",
        "score": "double?",
        "status": "string",
        "message": "string",
    },
)

SPEAKERS = Table(
    "speakers",
    {
        "utterance_id": "string",
        "subject": "string",
        "audio_path": "string",
        "duration_s": "double",
        "language": "string?",
        "digest": "string",
        "words": "list<string>",
    },
)

ALIGNMENTS = Table(
    "alignments",
    {
        "utterance_id": "string",
        "tier": "string?",
        "start_s": "double?",
        "end_s": "double?",
        "label": "string?",
        "score": "double?",
        "phone_set": "string?",
        "status": "string",
        "message": "string",
    },
)

KEY_FRAMES = Table(
    "key frames",
    {
        "utterance_id": "string",
        "fps": "double",
        "n_frames": "int64",
        "key_frames": "list<int32>",
        "source": "string?",
        "status": "string",
        "message": "string",
    },
)

FEATURE_STATUS = Table(
    "feature status",
    {
        "utterance_id": "string",
        "ctc_ids": "list<int32>?",
        "ctc_text": "string?",
        "status": "string",
        "message": "string",
    },
)

CLIPS = Table(
    "quality of clips",
    {
        "run": "string",
        "asr": "string",
        "aligner": "string",
        "selector": "string",
        "utterance_id": "string",
        "subject": "string",
        "split": "string",
        "status": "string",
        "failure": "string",
        "source": "string?",
        "duration_s": "double",
        "n_frames": "int64",
        "spoken_s": "double?",
        "silence_share": "double?",
        "words": "int64?",
        "words_per_spoken_s": "double?",
        "score": "double?",
        "unknown_words": "list<string>",
        "key_frames": "int64?",
        "key_ratio": "double?",
        "key_frames_per_spoken_s": "double?",
        "word_errors": "int64?",
        "reference_words": "int64?",
        "word_error_rate": "double?",
        "recogniser_disagreement": "double?",
        "severity": "double",
        "reasons": "list<string>",
        "message": "string",
    },
)

DISAGREEMENT = Table(
    "disagreement",
    {
        "level": "string",
        "first": "string",
        "second": "string",
        "utterance_id": "string",
        "first_count": "int64?",
        "second_count": "int64?",
        "matched": "int64?",
        "word_errors": "int64?",
        "start_differences_s": "list<double>",
        "end_differences_s": "list<double>",
        "f1": "double?",
        "exact_f1": "double?",
        "uniform_f1": "double?",
        "status": "string",
        "message": "string",
    },
)
