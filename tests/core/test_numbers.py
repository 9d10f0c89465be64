"""Numbers, moments and identifiers as forms and addresses write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.ids import new_id, read_id
from core.moments import MOST_UNIX, read_unix
from core.numbers import MOST_EXACT, whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("300", 300)])
def test_plain_digits_up_to_the_most_are_a_number(text, number):
    assert whole_number(text, 300) == number


@pytest.mark.parametrize(
    "text", ["", "301", "999", "0007", "-1", "+1", "1.0", " 1", "1_0", "٣", "²", "三", "9" * 5000]
)
def test_anything_else_is_none(text):
    assert whole_number(text, 300) is None


def test_the_largest_number_is_one_that_scripts_hold_exactly():
    assert whole_number(str(MOST_EXACT), MOST_EXACT) == MOST_EXACT == int(float(MOST_EXACT))
    assert whole_number(str(MOST_EXACT + 1), MOST_EXACT) is None


def test_every_number_of_seconds_that_is_read_is_a_moment():
    assert read_unix("0") == datetime(1970, 1, 1, tzinfo=UTC)
    latest = read_unix(str(MOST_UNIX))
    assert latest is not None
    assert latest.year == 5138
    assert read_unix(str(MOST_UNIX + 1)) is None
    assert read_unix("now") is None


def test_an_identifier_is_read_and_nothing_else():
    known = new_id()
    assert read_id(str(known)) == known
    assert read_id("") is read_id("None") is read_id(str(known)[:-1]) is None
