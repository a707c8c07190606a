"""A profile says how each column is written, what it holds, and what tells rows apart."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from conf.dataset_source import Dialect
from spark_jobs.profiling.files import profile_files
from spark_jobs.profiling.profile import shape_of
from tests.contracts import contract_of, source_of

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.profiling.profile import ColumnProfile, Profile

pytestmark = pytest.mark.spark

NUMBERED = range(40)


def profile(
    spark: SparkSession, folder: Path, columns: dict[str, list[str]], delimiter: str = ","
) -> Profile:
    pd.DataFrame(columns, dtype=str).to_csv(folder / "a.csv", sep=delimiter, index=False)
    source = source_of("csv", Dialect(delimiter=delimiter))
    return profile_files(spark, [f"{folder}/*.csv"], source, contract=None)


def column(found: Profile, name: str) -> ColumnProfile:
    return next(column for column in found.columns if column.name == name)


@pytest.mark.parametrize(
    ("texts", "kind", "keys"),
    [
        (["1", "-2", "+30"], "int", {}),
        (["1", "12345678901"], "long", {}),
        (["1", "2.5", ".5", "1e-3"], "double", {}),
        (["1,5", "1.234,75", "20"], "double", {"decimal_mark": ",", "thousands": "."}),
        (["1.5", "1,234.75", "20"], "double", {"thousands": ","}),
        (["yes", "No"], "boolean", {}),
        (["2024-02-29", "2024-1-2"], "date", {}),
        (["29.2.2024", "01.12.2024"], "date", {"formats": ["d.M.yyyy"]}),
        (["31/01/2024", "1/2/2024"], "date", {"formats": ["d/M/yyyy"]}),
        (["01/31/2024", "1/2/2024"], "date", {"formats": ["M/d/yyyy"]}),
        (["2 Jan 2024"], "date", {"formats": ["d MMM yyyy"]}),
        (["2024-01-02T03:04:05Z", "2024-01-02 03:04"], "timestamp", {}),
        (["2.1.2024 3:04"], "timestamp", {"formats": ["d.M.yyyy H:mm"]}),
        (["12:30"], "string", {}),
        (["30.2.2024"], "string", {}),
        (["01234", "56789"], "string", {}),
        (["Ulm", "Aix"], "string", {}),
    ],
)
def test_the_type_of_a_column_is_how_all_of_its_values_are_written(
    spark: SparkSession, tmp_path: Path, texts: list[str], kind: str, keys: dict[str, object]
) -> None:
    found = profile(spark, tmp_path, {"a": texts, "b": ["x"] * len(texts)}, delimiter=";")
    assert (column(found, "a").type, column(found, "a").keys) == (kind, keys)


def test_texts_that_say_no_value_are_counted_apart_from_values(
    spark: SparkSession, tmp_path: Path
) -> None:
    (a,) = profile(spark, tmp_path, {"a": ["1", "NA", "n/a", " NA ", " 7 "]}).columns
    assert (a.present, a.filled, a.nulls, a.type) == (5, 2, {"NA": 2, "n/a": 1}, "int")


def test_a_few_values_that_are_written_otherwise_do_not_change_the_type() -> None:
    assert shape_of({"int": 996, "double": 999}, 1000) == "int"
    assert shape_of({"int": 900, "double": 999}, 1000) == "double"
    assert shape_of({"int": 900, "double": 980}, 1000) is None
    assert shape_of({}, 0) is None


def test_numbers_have_figures_that_count_every_row(spark: SparkSession, tmp_path: Path) -> None:
    (a,) = profile(spark, tmp_path, {"a": ["1"] * 3 + ["2", "10"]}).columns
    assert a.mean == 3.0
    assert a.deviation == pytest.approx(3.521363)  # of all five, by hand: sqrt(12.4)
    assert a.quantiles == (1.0, 1.0, 1.0, 2.0, 10.0)
    assert [count for _, count in a.bins] == [3.0, 1.0, 1.0]
    assert a.common == [("1", 3), ("10", 1), ("2", 1)]


def test_days_have_those_by_which_rows_can_be_split(spark: SparkSession, tmp_path: Path) -> None:
    days = [f"2024-01-{day:02}" for day in range(1, 12)]
    (a,) = profile(spark, tmp_path, {"a": days}).columns
    assert a.quantiles == ("2024-01-01", "2024-01-07", "2024-01-09", "2024-01-11")


def test_the_smallest_key_is_found_and_measurements_are_none(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = {
        "shop": [f"s{n % 4}" for n in NUMBERED],
        "day": [str(n // 4) for n in NUMBERED],
        "fare": [f"{n}.5" for n in NUMBERED],
        "note": ["same" for _ in NUMBERED],
    }
    assert profile(spark, tmp_path, rows).keys == [["shop", "day"]]
    numbered = {"id": [str(n) for n in NUMBERED], **rows}
    assert profile(spark, tmp_path, numbered).keys == [["id"]]
    assert profile(spark, tmp_path, {"a": ["1", "1"], "b": ["2", "2"]}).keys == []


def test_a_column_that_lacks_a_value_is_no_key(spark: SparkSession, tmp_path: Path) -> None:
    rows = {"id": ["1", "2", ""], "b": ["x", "x", "x"]}
    assert profile(spark, tmp_path, rows).keys == []


def test_rows_that_are_equal_or_malformed_are_counted(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("trip,city\n1,Ulm\n1,Ulm\n2,Aix,9\n3,Rom\n")
    found = profile_files(spark, [f"{tmp_path}/*"], source_of("csv"), contract=None)
    assert (found.rows, found.malformed, found.duplicates) == (4, 1, 1)
    assert column(found, "trip").present == 3


def test_columns_that_only_some_files_have_are_told(spark: SparkSession, tmp_path: Path) -> None:
    for store, text in (("1", "trip,city\n1,Ulm\n"), ("2", "trip\n2\n")):
        (tmp_path / f"store={store}").mkdir()
        (tmp_path / f"store={store}" / "a.csv").write_text(text)
    found = profile_files(spark, [f"{tmp_path}/*/*.csv"], source_of("csv"), contract=None)
    assert [column.name for column in found.columns] == ["trip", "city", "store"]
    assert (found.files, found.partial) == (2, ["city"])
    assert dict(column(found, "store").common) == {"1": 1, "2": 1}


def test_nested_fields_are_columns_by_their_path(spark: SparkSession, tmp_path: Path) -> None:
    rows = [{"id": 1, "at": {"city": "Ulm", "on": {"x": 1}}, "tags": [1]}, {"id": 2, "more": True}]
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    found = profile_files(spark, [f"{tmp_path}/*"], source_of("jsonl"), contract=None)
    types = {column.name: column.type for column in found.columns}
    assert types == {
        "id": "int",
        "at.city": "string",
        "at.on.x": "int",
        "tags": "string",
        "more": "boolean",
    }


def test_parquet_has_its_own_columns_and_a_contract_its_names(
    spark: SparkSession, tmp_path: Path
) -> None:
    pd.DataFrame({"Trip No": [1, 2], "city": ["Ulm", None]}).to_parquet(tmp_path / "a.parquet")
    pattern, source = [f"{tmp_path}/*.parquet"], source_of("parquet")
    own = profile_files(spark, pattern, source, contract=None)
    assert [(c.name, c.present) for c in own.columns] == [("Trip No", 2), ("city", 1)]
    contract = contract_of("""
    columns: {trip: {type: int, required: true, source: Trip No}, fare: {type: double}}
    key: [trip]
    """)
    stated = profile_files(spark, pattern, source, contract=contract)
    assert [(c.name, c.present) for c in stated.columns] == [("trip", 2), ("fare", 0)]


def test_a_profile_is_plain_json(spark: SparkSession, tmp_path: Path) -> None:
    found = asdict(profile(spark, tmp_path, {"A": ["1", "2"], "a": ["x", "y"]}))
    assert json.loads(json.dumps(found))["rows"] == 2
