"""A receipt comes back as it was written, and says what it lacks."""

from __future__ import annotations

import re

import pytest

from spark_jobs.receipt import (
    Receipt,
    ReceiptError,
    TableReceipt,
    check_balance,
    name_tables,
    parse_receipt,
)

VALID = TableReceipt(
    "lake/silver/trips/valid",
    "id-1",
    3,
    10,
    8,
    {"quarantined": 2},
    "abc",
    {"city": {"kind": "text", "nulls": 0, "crc32": 7}},
    "4f1b",
)
CITIES = TableReceipt("lake/silver/cities/valid", "id-2", 1, 5, 5)
TABLES = {"trips/valid": VALID, "cities/valid": CITIES}
INGEST = Receipt("ingest", "trips", "8 of 10 rows", TABLES, {"trips": ("a", "b")}, ("trips:1",))


def test_a_receipt_is_read_back_as_it_was_written() -> None:
    assert parse_receipt(INGEST.to_json()) == INGEST


def test_a_table_is_of_the_receipts_dataset_unless_another_is_named() -> None:
    assert INGEST.table("valid") == VALID
    assert INGEST.table("valid", of="cities") == CITIES


def test_a_table_that_not_every_dataset_has_is_left_out_where_it_is_not() -> None:
    assert INGEST.tables_if_there("valid", "deleted") == {"valid": VALID}


def test_every_receipt_names_a_table_by_its_dataset_and_itself() -> None:
    assert name_tables("trips", {"valid": VALID}) == {"trips/valid": VALID}


def test_what_a_receipt_lacks_is_named_with_what_it_has() -> None:
    message = "'ingest' has no table 'trips/features'; it has ['cities/valid', 'trips/valid']"
    with pytest.raises(ReceiptError, match=re.escape(message)):
        INGEST.table("features")
    assert INGEST.ingested("trips") == ("a", "b")
    message = "'ingest' has no ingestion ids of 'cities'; it has those of ['trips']"
    with pytest.raises(ReceiptError, match=re.escape(message)):
        INGEST.ingested("cities")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", "{}", '{"tables": {"a": {"uri": "x"}}}', '{"tables": []}']
)
def test_a_text_that_is_no_receipt_is_refused_as_such(text: str) -> None:
    with pytest.raises(ReceiptError, match=r"receipt\.json is not a receipt"):
        parse_receipt(text)


def test_rows_that_are_unaccounted_for_are_counted_with_all_the_others() -> None:
    check_balance("clean", rows_in=10, rows_out=7, set_aside={"quarantined": 2, "duplicate": 1})
    with pytest.raises(ReceiptError) as unbalanced:
        check_balance("clean", rows_in=10, rows_out=7, set_aside={"quarantined": 2})
    assert str(unbalanced.value) == (
        "clean: 10 rows came in, 7 went out and 2 were set aside ({'quarantined': 2}); "
        "1 are unaccounted for"
    )
