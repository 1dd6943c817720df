"""What all stages share: work on the rows of one shard, where a failure is a row and never the end of the run."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kmtalk_align import progress
from kmtalk_align.audio import Samples, decode
from kmtalk_align.corpus import FAILED, OK, Motion, Utterance
from kmtalk_align.errors import ArtefactError, AudioError, ConfigError, KMTalkError, WeightsError

Row = dict[str, Any]
_log = logging.getLogger(__name__)


def utterance_of(row: Mapping[str, Any]) -> Utterance:
    """The Utterance that a row of a corpus table holds."""
    motion = row["motion"]
    return Utterance(**{**row, "motion": Motion(**motion) if motion else None})


def sound_of(utterance: Utterance, root: Path) -> Samples:
    """The decoded recording of an utterance. Raises AudioError; where the corpus lies is no part of its message."""
    try:
        return decode(root / utterance.audio_path)
    except AudioError as error:
        raise AudioError(error.what, where=utterance.audio_path, fix=error.fix) from error


def work_through(
    label: str, items: Sequence[tuple[Row, str | None]], work: Callable[[Row], Any], failed: Callable[[Row, str], Any]
) -> list[Any]:
    """As `work_through_all`. Raises KMTalkError where every row that was tried failed: then the fault lies with the
    stage, not with an utterance.
    """
    results, messages = work_through_all(label, items, work, failed)
    tried = sum(earlier is None for _, earlier in items)
    if tried and len(messages) == tried:
        raise KMTalkError(
            f"all {tried} utterances of this shard failed; the first: {messages[0]}",
            where=label,
            fix="mend the cause, or put the utterances on the corpus' exclude list",
        )
    return results


def work_through_all(
    label: str, items: Sequence[tuple[Row, str | None]], work: Callable[[Row], Any], failed: Callable[[Row, str], Any]
) -> tuple[list[Any], list[str]]:
    """`work(row)` for each row, in order; `failed(row, message)` where it raised, or the row comes with a message.

    Weights that can't be had are no fault of an utterance: WeightsError and ConfigError pass.

    items: rows with the message of the earlier stage at which the utterance failed, or None. Gives the results, and the
    messages of those that failed here.
    """
    results: list[Any] = []
    messages: list[str] = []
    with progress.bar(label, len(items)) as advance:
        for row, earlier in items:
            if earlier is None:
                try:
                    results.append(work(row))
                except (ConfigError, WeightsError):
                    raise
                except KMTalkError as error:
                    messages.append(_named(row, str(error)))
                    results.append(failed(row, messages[-1]))
                except Exception as error:  # a backend may raise anything; the rest of the shard is unharmed
                    _log.exception("%s: %s", label, row["utterance_id"])
                    messages.append(_named(row, f"{type(error).__name__}: {error}"))
                    results.append(failed(row, messages[-1]))
            else:
                results.append(failed(row, earlier))
            advance()
    for message in messages:
        _log.warning("%s failed: %s", label, message)
    return results, messages


def by_id(rows: Sequence[Row], of: object) -> dict[str, Row]:
    """Rows by utterance id. Raises ArtefactError for an id that occurs twice."""
    found = {row["utterance_id"]: row for row in rows}
    if len(found) != len(rows):
        raise ArtefactError("an utterance id occurs twice", where=of, fix="make the table again")
    return found


def failure(row: Mapping[str, Any]) -> str | None:
    """The message of a failed row, None for one that is well."""
    return None if row["status"] == OK else str(row["message"])


def failed_columns(message: str) -> Row:
    """Status and message of a failed row."""
    return {"status": FAILED, "message": message}


def _named(row: Row, message: str) -> str:
    utterance_id = str(row["utterance_id"])
    return message if re.search(rf"(?<!\w){re.escape(utterance_id)}(?!\w)", message) else f"{utterance_id}: {message}"
