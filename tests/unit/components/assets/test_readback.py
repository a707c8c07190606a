"""The rows that are read back are compared with those that Spark wrote; differences are named."""

from __future__ import annotations

import datetime as dt
import zlib

import pandas as pd
import pytest

from assets.readback import ReadbackError, check_readback, digest, find_differences
from tests.unit.components.models import receipt_of

# CRC-32 of a 3904355907, b 1908338681, 1 2212294583, 2 450215437, true 4261170317,
# false 734881840, 19723 (2024-01-01 in days) 2764314482, 1704067200123 (its 123rd millisecond)
# 2478741832.
RECEIPT = receipt_of(
    rows=3,
    checksum={
        "city": {"kind": "text", "nulls": 1, "crc32": 3904355907 + 1908338681},
        "flights": {"kind": "integer", "nulls": 1, "crc32": 2212294583 + 450215437},
        "is_late": {"kind": "boolean", "nulls": 1, "crc32": 4261170317 + 734881840},
        "day": {"kind": "date", "nulls": 2, "crc32": 2764314482},
        "left_at": {"kind": "timestamp", "nulls": 1, "crc32": 2 * 2478741832},
        "distance": {"kind": "number", "nulls": 1, "min": 0.5, "max": 2.5, "sum": 3.0},
    },
)
MOMENT = pd.Timestamp("2024-01-01 00:00:00.123")


def rows_read() -> pd.DataFrame:
    """Return rows as mltable does: integers with nulls are floating point, days are objects."""
    return pd.DataFrame(
        {
            "city": ["a", None, "b"],
            "flights": [1.0, 2.0, None],
            "is_late": [True, None, False],
            "day": [dt.date(2024, 1, 1), None, None],
            "left_at": [MOMENT, MOMENT, pd.NaT],
            "distance": [0.5, 2.5, None],
        }
    )


def test_what_is_read_as_it_was_written_has_no_differences() -> None:
    assert find_differences(rows_read(), RECEIPT) == []
    assert find_differences(rows_read().iloc[::-1], RECEIPT) == []


def test_a_missing_row_is_named_with_all_that_it_takes_away() -> None:
    assert find_differences(rows_read().iloc[:2], RECEIPT) == [
        "2 rows, Spark wrote 3",
        "city: crc32 is 3904355907, Spark's is 5812694588",
        "flights: nulls is 0, Spark's is 1",
        "is_late: crc32 is 4261170317, Spark's is 4996052157",
        "day: nulls is 1, Spark's is 2",
        "left_at: nulls is 0, Spark's is 1",
        "distance: nulls is 0, Spark's is 1",
    ]


@pytest.mark.parametrize(
    "columns",
    [
        ["city", "flights", "is_late", "day", "left_at"],
        ["flights", "city", "is_late", "day", "left_at", "distance"],
    ],
    ids=["dropped", "reordered"],
)
def test_other_columns_are_named_in_their_order(columns: list[str]) -> None:
    (difference,) = find_differences(rows_read()[columns], RECEIPT)
    written = "['city', 'flights', 'is_late', 'day', 'left_at', 'distance']"
    assert difference == f"columns {columns}, Spark wrote {written}"


@pytest.mark.parametrize(
    ("column", "values", "difference"),
    [
        ("city", ["a", None, "A"], "city: crc32 is 7458610382, Spark's is 5812694588"),
        ("city", ["a", "b", "b"], "city: nulls is 0, Spark's is 1"),
        ("flights", [1.0, 3.0, None], "flights: crc32 is 4054810194, Spark's is 2662510020"),
        ("is_late", [True, None, True], "is_late: crc32 is 8522340634, Spark's is 4996052157"),
        ("day", [dt.date(2024, 1, 2), None, None], "day: crc32 is "),
        ("left_at", [MOMENT.floor("s"), MOMENT, pd.NaT], "left_at: crc32 is 3439483279, Spark's"),
        ("distance", [0.5, None, None], "distance: nulls is 2, Spark's is 1"),
        ("distance", [0.5, 2.50001, None], "distance: max is 2.50001, Spark's is 2.5"),
        ("distance", [0.4, 2.5, None], "distance: min is 0.4, Spark's is 0.5"),
    ],
)
def test_a_changed_value_is_named_with_its_column(
    column: str, values: list[object], difference: str
) -> None:
    differences = find_differences(rows_read().assign(**{column: values}), RECEIPT)
    assert any(found.startswith(difference) for found in differences), differences
    assert all(found.startswith(f"{column}: ") for found in differences)


def test_the_last_digits_of_a_sum_may_differ_for_it_depends_on_the_order_of_addition() -> None:
    nearly = rows_read().assign(distance=[0.5, 2.5 + 1e-9, None])
    assert find_differences(nearly, RECEIPT) == []


def test_a_column_of_nulls_alone_is_equal_to_itself() -> None:
    nothing = {"nulls": 2, "min": None, "max": None, "sum": None}
    receipt = receipt_of(rows=2, checksum={"distance": {"kind": "number", **nothing}})
    assert find_differences(pd.DataFrame({"distance": [None, None]}), receipt) == []
    (found,) = find_differences(pd.DataFrame({"distance": [None]}), receipt)[1:]
    assert found == "distance: nulls is 1, Spark's is 2"


def test_nothing_is_registered_when_anything_differs() -> None:
    check_readback("train", rows_read(), RECEIPT)
    message = r"table 'train' \(/lake/t version 3\): .* nothing is registered: columns \["
    with pytest.raises(ReadbackError, match=message):
        check_readback("train", rows_read().drop(columns="day"), RECEIPT)


def test_days_and_moments_beyond_those_of_nanoseconds_are_read() -> None:
    # 9999-12-31 is day 2932896 and 1600-01-01 day -135140 since 1970; a day has 86,400,000 ms.
    days = pd.Series([dt.date(9999, 12, 31), dt.date(1600, 1, 1)], dtype="object")
    moments = days.map(lambda day: dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC))
    coarse = moments.map(lambda at: at.replace(tzinfo=None)).to_numpy().astype("datetime64[us]")
    both = zlib.crc32(b"2932896") + zlib.crc32(b"-135140")
    in_milliseconds = zlib.crc32(b"253402214400000") + zlib.crc32(b"-11676096000000")
    assert digest(days, "date") == {"nulls": 0, "crc32": both}
    assert digest(moments, "timestamp") == {"nulls": 0, "crc32": in_milliseconds}
    zoned = pd.Series(coarse).dt.tz_localize("UTC")
    assert digest(zoned, "timestamp") == {"nulls": 0, "crc32": in_milliseconds}
