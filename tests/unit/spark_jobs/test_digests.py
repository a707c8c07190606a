"""A checksum follows from the one before and the rows that came and went, where they tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs.digests import with_changes

if TYPE_CHECKING:
    from spark_jobs.receipt import Checksum

NONE: dict[str, float | str | None] = {
    "kind": "number",
    "nulls": 0,
    "min": None,
    "max": None,
    "sum": None,
}


def fares(nulls: int, least: float, most: float, total: float) -> Checksum:
    return {"fare": {"kind": "number", "nulls": nulls, "min": least, "max": most, "sum": total}}


def cities(nulls: int, crc32: int) -> Checksum:
    return {"city": {"kind": "text", "nulls": nulls, "crc32": crc32}}


BEFORE = fares(2, -1.0, 9.0, 20.0)


def test_texts_and_nulls_are_added_and_taken_away() -> None:
    changed = with_changes(cities(5, 700), gone=cities(1, 100), new=cities(3, 30))
    assert changed == cities(7, 630)


def test_numbers_that_come_may_be_the_least_and_the_greatest() -> None:
    changed = with_changes(BEFORE, gone=None, new=fares(1, -3.0, 12.0, 4.5))
    assert changed == fares(3, -3.0, 12.0, 24.5)


def test_numbers_between_the_ends_may_go() -> None:
    assert with_changes(BEFORE, gone=fares(1, 0.0, 8.0, 7.5), new=None) == fares(1, -1.0, 9.0, 12.5)


@pytest.mark.parametrize("gone", [fares(0, -1.0, 3.0, 2.0), fares(0, 2.0, 9.0, 11.0)])
def test_the_table_alone_tells_when_the_least_or_the_greatest_number_goes(gone: Checksum) -> None:
    assert with_changes(BEFORE, gone=gone, new=fares(0, 0.0, 8.0, 8.0)) is None


def test_the_least_and_the_greatest_number_may_go_where_their_like_comes() -> None:
    gone = fares(1, -1.0, 9.0, 8.0)
    assert with_changes(BEFORE, gone=gone, new=fares(0, -1.0, 9.0, 8.5)) == fares(
        1, -1.0, 9.0, 20.5
    )
    assert with_changes(BEFORE, gone=gone, new=fares(0, -2.0, 9.0, 7.0)) == fares(
        1, -2.0, 9.0, 19.0
    )
    assert with_changes(BEFORE, gone=gone, new=fares(0, -1.0, 8.0, 7.0)) is None


def test_the_table_alone_tells_when_its_columns_are_others() -> None:
    assert with_changes(BEFORE, gone=cities(0, 1), new=None) is None
    assert with_changes(BEFORE, gone=None, new={**BEFORE, **cities(0, 1)}) is None


@pytest.mark.parametrize("total", [float("nan"), float("inf")])
def test_the_table_alone_tells_when_a_sum_is_no_number(total: float) -> None:
    assert with_changes(fares(0, 0.0, total, total), gone=None, new=fares(0, 1, 1, 1)) is None


def test_rows_without_a_value_change_the_nulls_alone() -> None:
    nulls: Checksum = {"fare": {**NONE, "nulls": 2}}
    assert with_changes(BEFORE, gone=nulls, new=None) == fares(0, -1.0, 9.0, 20.0)
    assert with_changes(nulls, gone=None, new=BEFORE) == fares(4, -1.0, 9.0, 20.0)
