"""stage.py: a failure is a row and never the end of the run."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from kmtalk_align import stage
from kmtalk_align.corpus import Motion, Utterance
from kmtalk_align.errors import AlignmentError, ArtefactError, KMTalkError

Item = tuple[dict[str, Any], str | None]


def items(*names: str, failed: tuple[str, ...] = ()) -> list[Item]:
    fresh: list[Item] = [({"utterance_id": name}, None) for name in names]
    return fresh + [({"utterance_id": name}, "failed before") for name in failed]


def run(given: list[Item], errors: dict[str, BaseException] | None = None) -> list[Any]:
    def work(row: dict[str, Any]) -> str:
        if errors and row["utterance_id"] in errors:
            raise errors[row["utterance_id"]]
        return f"{row['utterance_id']} is done"

    def failed(row: dict[str, Any], message: str) -> str:
        return f"FAILED {row['utterance_id']} | {message}"

    return stage.work_through("make", given, work, failed)


def test_results_come_in_the_order_of_the_rows() -> None:
    assert run(items("c", "a", "b")) == ["c is done", "a is done", "b is done"]


def test_no_rows_give_no_results() -> None:
    assert run([]) == []


def test_an_error_is_one_failed_row_and_the_rest_goes_on() -> None:
    found = run(items("one", "two", "three"), {"two": AlignmentError("does not fit", where="two")})
    assert found == ["one is done", "FAILED two | two: does not fit", "three is done"]


def test_an_unexpected_exception_is_a_failed_row_with_its_type() -> None:
    found = run(items("one", "two"), {"two": ZeroDivisionError("division by zero")})
    assert found[1] == "FAILED two | two: ZeroDivisionError: division by zero"


def test_a_message_without_the_id_is_given_it() -> None:
    found = run(items("one", "two"), {"two": AlignmentError("does not fit")})
    assert found[1] == "FAILED two | two: does not fit"


def test_a_message_that_merely_holds_the_letters_of_the_id_is_given_it_too() -> None:
    found = run(items("one", "it"), {"it": AlignmentError("does not fit")})
    assert found[1] == "FAILED it | it: does not fit"


def test_a_row_that_had_failed_is_not_tried_and_keeps_its_message() -> None:
    found = run(items("one", failed=("two",)), {"two": AssertionError("tried")})
    assert found == ["one is done", "FAILED two | failed before"]


def test_an_interrupt_ends_the_run() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(items("one", "two"), {"one": KeyboardInterrupt()})


def test_where_all_fail_the_stage_fails_with_their_number_and_the_first_message() -> None:
    broken = AlignmentError("does not fit")
    with pytest.raises(KMTalkError) as caught:
        run(items("one", "two", failed=("three",)), {"one": broken, "two": broken})
    assert "make: all 2 utterances of this shard failed; the first: one: does not fit" in str(caught.value)


def test_where_all_had_failed_before_the_stage_does_not_fail() -> None:
    assert len(run(items(failed=("one", "two")))) == 2


def test_every_failure_is_logged_with_the_stage(caplog: pytest.LogCaptureFixture) -> None:
    run(items("one", "two"), {"two": AlignmentError("does not fit")})
    assert "make failed: two: does not fit" in caplog.messages


def test_the_traceback_of_an_unexpected_exception_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    run(items("one", "two"), {"two": ZeroDivisionError("division by zero")})
    assert any(record.exc_info for record in caplog.records)


def test_rows_are_found_by_their_id() -> None:
    rows = [{"utterance_id": "b", "x": 1}, {"utterance_id": "a", "x": 2}]
    assert stage.by_id(rows, "the table") == {"b": rows[0], "a": rows[1]}


def test_an_id_that_occurs_twice_is_an_error_that_names_the_table() -> None:
    with pytest.raises(ArtefactError, match="the table: an utterance id occurs twice"):
        stage.by_id([{"utterance_id": "a"}, {"utterance_id": "a"}], "the table")


def test_a_row_that_is_well_has_no_failure() -> None:
    assert stage.failure({"status": "ok", "message": "a remark"}) is None


def test_a_failed_row_tells_its_message() -> None:
    assert stage.failure({"status": "ok"} | stage.failed_columns("cut off")) == "cut off"


@pytest.mark.parametrize("motion", [None, Motion("a.npy", 3, 50, 2)])
def test_an_utterance_comes_back_from_its_row(motion: Motion | None) -> None:
    utterance = Utterance("a", "s1", "train", "a.wav", motion, 25, 25.0, 1.0, 16_000, "hello", "en", "d")
    assert stage.utterance_of(dataclasses.asdict(utterance)) == utterance
