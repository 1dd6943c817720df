from __future__ import annotations

import pytest

from kmtalk_model.unit import metres, shown_length


def test_lengths_are_written_as_people_read_them() -> None:
    assert [shown_length(0.00234, "metre"), shown_length(0.5, "cm"), shown_length(2.0, "")] == ["2.3 mm", "0.5 cm", "2"]


@pytest.mark.parametrize("unit", ["metre", "Metres", "m"])
def test_metres_by_any_name_are_shown_in_millimetres(unit: str) -> None:
    assert shown_length(0.002, unit) == "2 mm"


@pytest.mark.parametrize(
    ("unit", "length"),
    [("cm", 0.01), ("centimetres", 0.01), ("inch", 0.0254), ("inches", 0.0254), ("foot", 0.3048), ("feet", 0.3048)],
)
def test_units_are_known_in_the_singular_and_the_plural(unit: str, length: float) -> None:
    assert metres(unit) == length


@pytest.mark.parametrize("unit", ["", "unit surface area", "parsec", "s"])
def test_a_unit_that_is_not_known_has_no_length(unit: str) -> None:
    assert metres(unit) is None
