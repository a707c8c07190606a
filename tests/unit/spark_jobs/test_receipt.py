"""A receipt comes back as it was written, and says what it lacks."""

from __future__ import annotations

import pytest

from spark_jobs.receipt import Receipt, ReceiptError, TableReceipt, check_balance, parse_receipt

VALID = TableReceipt(
    "lake/silver/trips/valid",
    "id-1",
    3,
    10,
    8,
    {"quarantined": 2},
    "abc",
    {"city": {"kind": "text", "nulls": 0, "crc32": 7}},
)
CLEAN = Receipt("clean", "trips", "8 of 10 rows", {"valid": VALID}, {"ingestion_ids": ["a", "b"]})


def test_a_receipt_is_read_back_as_it_was_written() -> None:
    assert parse_receipt(CLEAN.to_json()) == CLEAN


def test_a_table_or_detail_that_a_receipt_lacks_is_named_with_what_it_has() -> None:
    assert CLEAN.table("valid") == VALID
    assert CLEAN.detail("ingestion_ids") == ("a", "b")
    with pytest.raises(ReceiptError, match=r"'clean' has no table 'features'; it has \['valid'\]"):
        CLEAN.table("features")
    with pytest.raises(ReceiptError, match="'clean' has no detail 'rules'"):
        CLEAN.detail("rules")


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
