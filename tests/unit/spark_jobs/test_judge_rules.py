"""Rules of values, levels, and rules over more than a row, as they judge rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs.judge import judge_rows, select_quarantined, select_valid, select_warned
from tests.contracts import bronze_of, contract_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset

pytestmark = pytest.mark.spark

NOTHING: Mapping[str, DataFrame] = {}
Rows = list[dict[str, str | None]]


def judged(
    spark: SparkSession,
    contract: Dataset,
    rows: Sequence[Mapping[str, str | None]],
    referenced: Mapping[str, DataFrame] = NOTHING,
) -> dict[str, tuple[str, list[str] | None]]:
    """Return the verdict on each row, and the rules that it broke."""
    found = judge_rows(bronze_of(spark, contract, rows), contract, referenced=referenced)
    return {
        row["_row_id"]: (row["_verdict"], row["broken_rules"])
        for row in found.select("_row_id", "_verdict", "broken_rules").collect()
    }


def test_a_value_matches_its_pattern_whole_and_has_its_length(spark: SparkSession) -> None:
    contract = contract_of(r"""
        columns:
          id: {type: int, required: true}
          plate: {type: string, pattern: '[A-Z]{2}|\p{L}-[0-9]+', min_length: 2, max_length: 4}
          lines: {type: string, pattern: 'a.b'}
        key: [id]
    """)
    plates = ["UL", "Ä-12", "ULM", "xUL", "UL ", "A-1234", None, "UL\n", "🚗🚗"]
    rows: Rows = [{"id": f"{place}", "plate": plate} for place, plate in enumerate(plates)]
    rows.append({"id": "90", "lines": "a\nb"})
    length, pattern = "plate_has_its_length", "plate_matches_its_pattern"
    assert judged(spark, contract, rows) == {
        "r0": ("valid", None),
        "r1": ("valid", None),
        "r2": ("quarantined", [pattern]),
        "r3": ("quarantined", [pattern]),
        "r4": ("valid", None),  # blanks around a value are taken away
        "r5": ("quarantined", [length]),
        "r6": ("valid", None),
        "r7": ("valid", None),
        "r8": ("quarantined", [pattern]),
        "r9": ("quarantined", ["lines_matches_its_pattern"]),
    }


def test_a_value_is_one_of_its_reference_table(spark: SparkSession) -> None:
    contract = contract_of(
        """
        columns:
          id: {type: int, required: true}
          city: {type: string, allowed_from: {file: conf/references/cities.csv, column: name}}
          zone: {type: int, allowed_from: {file: conf/references/cities.csv, column: zone}}
        key: [id]
        """,
        references={"cities.csv": "name,zone\nUlm,1\n'Aix\\,2\n"},
    )
    rows: Rows = [
        {"id": "0", "city": "Ulm", "zone": "2"},
        {"id": "1", "city": "'Aix\\", "zone": None},
        {"id": "2", "city": "ulm", "zone": "3"},
    ]
    assert judged(spark, contract, rows) == {
        "r0": ("valid", None),
        "r1": ("valid", None),
        "r2": ("quarantined", ["city_is_in_its_reference", "zone_is_in_its_reference"]),
    }


def test_limits_and_lists_of_a_decimal_are_compared_with_all_digits(spark: SparkSession) -> None:
    contract = contract_of("""
        columns:
          id: {type: int, required: true}
          price: {type: 'decimal(5,2)', min: 0.004, max: "99.995"}
          size: {type: 'decimal(5,2)', allowed: ['1.5', '2']}
        key: [id]
    """)
    prices = ["0.00", "0.01", "99.99", "100.00", "1.234"]
    rows: Rows = [{"id": f"{place}", "price": price} for place, price in enumerate(prices)]
    rows += [{"id": f"{9 + place}", "size": size} for place, size in enumerate(["1.50", "2.01"])]
    assert judged(spark, contract, rows) == {
        "r0": ("quarantined", ["price_is_in_range"]),
        "r1": ("valid", None),
        "r2": ("valid", None),
        "r3": ("quarantined", ["price_is_in_range"]),
        "r4": ("quarantined", ["price_is_a_decimal"]),
        "r5": ("valid", None),
        "r6": ("quarantined", ["size_is_allowed"]),
    }


LEVELS = """
    columns:
      id: {type: int, required: true}
      tip: {type: int, max: 9, level: warn}
      city: {type: string, allowed: [Ulm], level: fail, tolerance: 0.5}
    key: [id]
    newest_by: [tip]
    rules:
      is_odd: {expression: id % 2 = 1, level: warn}
      has_tip: tip is not null
"""


def test_a_row_that_only_breaks_rules_that_warn_is_valid_and_none_is_lost(
    spark: SparkSession,
) -> None:
    contract = contract_of(LEVELS)
    rows: Rows = [
        {"id": "1", "tip": "1", "city": "Ulm"},
        {"id": "2", "tip": "10", "city": "Ulm"},
        {"id": "3", "tip": "11", "city": "Rom"},
        {"id": "4", "tip": None},
        {"id": "5", "tip": "x"},
        {"id": "6", "tip": "3", "_row_id": "older"},
        {"id": "6", "tip": "4", "_row_id": "newer"},
    ]
    verdicts = judged(spark, contract, rows)
    assert verdicts == {
        "r0": ("valid", None),
        "r1": ("valid", ["tip_is_in_range", "is_odd"]),
        "r2": ("quarantined", ["tip_is_in_range", "city_is_allowed"]),
        "r3": ("quarantined", ["is_odd", "has_tip"]),
        "r4": ("quarantined", ["tip_is_a_int", "has_tip"]),
        "older": ("duplicate", ["is_odd"]),
        "newer": ("valid", ["is_odd"]),
    }
    found = judge_rows(bronze_of(spark, contract, rows), contract)
    warned = select_warned(found, contract).select("_row_id", "id", "broken_rules", "original")
    assert {tuple(row) for row in warned.selectExpr("_row_id", "id", "original").collect()} == {
        ("r1", 2, '{"id":"2","tip":"10","city":"Ulm"}'),
        ("newer", 6, '{"id":"6","tip":"4"}'),
    }
    ids = [select_valid(found, contract), select_quarantined(found, contract)]
    assert [frame.count() for frame in ids] == [3, 3]


UNIQUE = """
    columns:
      id: {type: int, required: true}
      plate: {type: string}
      city: {type: string}
      seen: {type: int, max: 99}
    key: [id]
    newest_by: [seen]
    table_rules:
      one_plate: {unique: [plate, city]}
      one_city: {unique: [city]}
"""


def test_of_rows_with_the_same_unique_columns_the_newest_is_valid(spark: SparkSession) -> None:
    contract = contract_of(UNIQUE.replace("one_city: {unique: [city]}", ""))
    rows: Rows = [
        {"id": "1", "plate": "A", "city": "Ulm", "seen": "1"},
        {"id": "2", "plate": "A", "city": "Ulm", "seen": "2"},
        {"id": "3", "plate": "A", "city": "Ulm", "seen": "200"},
        {"id": "4", "plate": "A", "city": "Aix", "seen": "1"},
        {"id": "5", "plate": None, "city": "Rom", "seen": "1"},
        {"id": "6", "plate": None, "city": "Rom", "seen": "2"},
        {"id": "4", "plate": "B", "city": "Aix", "seen": "0", "_row_id": "older"},
        {"id": "7", "plate": "B", "city": "Aix", "seen": "0"},
    ]
    assert judged(spark, contract, rows) == {
        "r0": ("quarantined", ["one_plate"]),
        "r1": ("valid", None),
        "r2": ("quarantined", ["seen_is_in_range"]),
        "r3": ("valid", None),
        "r4": ("valid", None),
        "r5": ("valid", None),
        "older": ("duplicate", None),  # and so it does not compete with the plate of r7
        "r7": ("valid", None),
    }


def test_unique_columns_are_looked_at_in_the_contracts_order(spark: SparkSession) -> None:
    contract = contract_of(UNIQUE)
    rows: Rows = [
        {"id": "1", "plate": "A", "city": "Ulm", "seen": "3"},
        {"id": "2", "plate": "A", "city": "Ulm", "seen": "2"},
        {"id": "3", "plate": "B", "city": "Ulm", "seen": "1"},
    ]
    assert judged(spark, contract, rows) == {
        "r0": ("valid", None),
        "r1": ("quarantined", ["one_plate"]),
        "r2": ("quarantined", ["one_city"]),
    }


def test_a_row_that_refers_to_nothing_that_is_there_is_quarantined(spark: SparkSession) -> None:
    contract = contract_of("""
        related: [cities]
        columns:
          id: {type: int, required: true}
          city: {type: string}
          land: {type: string}
        key: [id]
        table_rules:
          known: {foreign_key: {columns: [city, land], dataset: cities, references: [name, of]}}
    """)
    cities = spark.createDataFrame(
        [("Ulm", "de", 1), ("Ulm", "de", 2), ("Aix", "fr", 3), (None, "fr", 4)],
        "name string, of string, id int",
    )
    rows: Rows = [
        {"id": "1", "city": "Ulm", "land": "de"},
        {"id": "2", "city": "Ulm", "land": "fr"},
        {"id": "3", "city": None, "land": "fr"},
        {"id": "4", "city": "Aix", "land": "fr"},
        {"id": "4", "city": "Rom", "land": "it", "_as_of": "2025-01-01", "_row_id": "newer"},
    ]
    verdicts = judged(spark, contract, rows, {"cities": cities})
    assert verdicts == {
        "r0": ("valid", None),
        "r1": ("quarantined", ["known"]),
        "r2": ("valid", None),
        "r3": ("valid", None),
        "newer": ("quarantined", ["known"]),
    }
    unlooked = judged(spark, contract, rows)
    assert unlooked["r1"] == ("valid", None)
