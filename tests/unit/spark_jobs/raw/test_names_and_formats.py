"""Columns are found by the names that files have for them, in every format."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.names import steps
from spark_jobs.raw.sources import read_as_text
from spark_jobs.storage import list_files
from tests.contracts import contract_of, source_of

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset
    from conf.dataset_source import Source

pytestmark = pytest.mark.spark

NAMED = contract_of("""
    columns:
      trip: {type: int, required: true, source: Trip No.}
      city: {type: string, source: [town, "city name"], missing: null}
    key: [trip]
    new_columns: keep_text
""")
NESTED = contract_of("""
    columns:
      trip: {type: int, required: true}
      city: {type: string, source: address.city}
      tag: {type: string, source: "tags[1].name"}
    key: [trip]
    missing_columns: "null"
    new_columns: keep_text
""")
NESTS = [
    {
        "trip": 1,
        "address": {"city": "Ulm", "zip": 1},
        "tags": [{"name": "a"}, {"name": "b"}],
        "x": 5,
    },
    {"trip": 2, "address": {"city": None, "zip": 2}, "tags": [{"name": "c"}], "x": 6},
]
Rows = list[tuple[str | None, ...]]


def read(spark: SparkSession, pattern: Path, contract: Dataset, source: Source) -> Rows:
    """Return the columns and what is undeclared of every row, in order."""
    rows = read_as_text(spark, list_files(spark, str(pattern)), contract, source)
    found = rows.select(*contract.column_names, "_undeclared").collect()
    return sorted((tuple(row) for row in found), key=str)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", ["a"]),
        ("a.b[0].c", ["a", "b", 0, "c"]),
        ("a[1][2]", ["a", 1, 2]),
        ("a.", ["a."]),
        ("[0]", ["[0]"]),
        ("Trip No.", ["Trip No."]),
        ("", [""]),
    ],
)
def test_a_path_is_names_and_places_and_any_other_text_one_name(
    path: str, found: list[str | int]
) -> None:
    assert steps(path) == found


def test_a_column_is_read_from_the_first_of_its_names_that_a_file_has(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("Trip No.,town\n1,Ulm\n")
    (tmp_path / "b.csv").write_text("city name,Trip No.\nAix,2\n")
    (tmp_path / "c.csv").write_text("Trip No.,city name,town,city\n3,old,new,none\n")
    (tmp_path / "d.csv").write_text("Trip No.\n4\n")
    rows = read(spark, tmp_path / "*.csv", NAMED, source_of("csv"))
    assert rows == [
        ("1", "Ulm", None),
        ("2", "Aix", None),
        ("3", "new", '{"city name":"old","city":"none"}'),
        ("4", None, None),
    ]


def test_json_lines_have_the_same_names(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"Trip No.": 1, "town": "Ulm"}\n{"Trip No.": 2, "city name": "Aix", "city": "none"}\n'
    )
    rows = read(spark, tmp_path / "a.jsonl", NAMED, source_of("jsonl"))
    assert rows == [("1", "Ulm", None), ("2", "Aix", '{"city":"none"}')]


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_the_case_of_letters_counts_unless_the_contract_ignores_it(
    spark: SparkSession, tmp_path: Path, file_format: str
) -> None:
    text = """
    columns: {trip: {type: int, required: true}, city: {type: string, source: Town}}
    key: [trip]
    """
    rows = pd.DataFrame({"TRIP": [1], "town": ["Ulm"]})
    writers = {"csv": rows.to_csv, "parquet": rows.to_parquet}
    file = tmp_path / f"a.{file_format}"
    if file_format == "jsonl":
        file.write_text(rows.to_json(orient="records", lines=True))
    else:
        writers[file_format](file, index=False)
    found = read(spark, file, contract_of(text + "ignore_case: true\n"), source_of(file_format))
    assert found == [("1", "Ulm", None)]
    if file_format != "jsonl":  # an object that lacks a key has null for it
        with pytest.raises(SourceError, match=r"columns \['trip', 'city'\] are missing"):
            read(spark, file, contract_of(text), source_of(file_format))


def test_names_that_are_one_where_case_is_ignored_are_refused(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of("""
    columns: {trip: {type: int, required: true}}
    key: [trip]
    ignore_case: true
    """)
    (tmp_path / "a.csv").write_text("Trip,TRIP\n1,2\n")
    with pytest.raises(SourceError, match=r"a\.csv: columns \['Trip', 'TRIP'\] are one, since"):
        read(spark, tmp_path / "a.csv", contract, source_of("csv"))


def test_one_column_may_be_missing_where_others_must_not(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of("""
    columns:
      trip: {type: int, required: true}
      city: {type: string}
      fare: {type: double, missing: null}
    key: [trip]
    """)
    (tmp_path / "a.csv").write_text("trip,city\n1,Ulm\n")
    assert read(spark, tmp_path / "a.csv", contract, source_of("csv")) == [("1", "Ulm", None, None)]
    (tmp_path / "b.csv").write_text("trip,fare\n1,2\n")
    with pytest.raises(SourceError, match=r"b\.csv: columns \['city'\] are missing; it has"):
        read(spark, tmp_path / "b.csv", contract, source_of("csv"))


@pytest.mark.parametrize("file_format", ["jsonl", "json", "parquet", "orc", "avro"])
def test_nested_fields_are_columns_by_their_path(
    spark: SparkSession, tmp_path: Path, file_format: str
) -> None:
    if file_format == "jsonl":
        (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(nest)}\n" for nest in NESTS))
    elif file_format == "json":
        (tmp_path / "a.json").write_text(json.dumps(NESTS, indent=2))
    else:
        schema = (
            "trip int, address struct<city string, zip int>, tags array<struct<name string>>, x int"
        )
        frame = spark.createDataFrame([tuple(nest.values()) for nest in NESTS], schema).coalesce(1)
        frame.write.format(file_format).save(f"{tmp_path}/files")
    pattern = tmp_path / ("a.*" if "json" in file_format else f"files/*.{file_format}")
    rows = read(spark, pattern, NESTED, source_of(file_format))
    assert [row[:3] for row in rows] == [("1", "Ulm", "b"), ("2", None, None)]
    assert [json.loads(row[3] or "") for row in rows] in (
        [{"x": 5}, {"x": 6}],
        [{"x": "5"}, {"x": "6"}],  # JSON's own
    )


def test_the_list_of_records_may_stand_below_names_in_a_json_file(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text('{"page": 1, "data": {"items": [{"trip": 1}, null, 7, {}]}}')
    (tmp_path / "b.json").write_text('\ufeff{"data": {"items": {"trip": 2}}}')
    (tmp_path / "c.json").write_text('{"data": {"items": []}}')
    source = source_of("json", records="data.items")
    files = list_files(spark, f"{tmp_path}/*.json")
    rows = read_as_text(spark, files, NESTED, source).select("trip", "_malformed").collect()
    assert sorted((tuple(row) for row in rows), key=str) == [
        ("1", None),
        ("2", None),
        (None, "7"),
        (None, "null"),
        (None, None),
    ]


@pytest.mark.parametrize("text", ['[{"trip": 1}, {"tri', '{"trip": 1}\n{"trip": 2}\n', "7", ""])
def test_a_json_file_without_a_list_of_records_is_refused(
    spark: SparkSession, tmp_path: Path, text: str
) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(
        SourceError, match=r"a\.json: has no JSON list of records; correct the file"
    ):
        read(spark, tmp_path / "a.json", NESTED, source_of("json"))


def test_moments_in_nanoseconds_are_read_to_the_last_digit(
    spark: SparkSession, tmp_path: Path
) -> None:
    moments = pd.Series(
        pd.to_datetime(["1969-12-31 23:59:59.999999999", "2024-01-02 03:04:05.000000006"])
    )
    table = pa.table({"trip": [1, 2], "city": pa.array(moments, pa.timestamp("ns"))})
    pq.write_table(table, tmp_path / "a.parquet", version="2.6")
    contract = contract_of("""
    columns: {trip: {type: int, required: true}, city: {type: timestamp}}
    key: [trip]
    """)
    assert read(spark, tmp_path / "a.parquet", contract, source_of("parquet")) == [
        ("1", "1969-12-31 23:59:59.999999999", None),
        ("2", "2024-01-02 03:04:05.000000006", None),
    ]


def test_every_type_of_parquet_is_text_as_a_file_of_text_has_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    moment = dt.datetime(2024, 1, 2, 3, 4, 5, 600000, dt.UTC)
    table = pa.table(
        {
            "trip": [1],
            "precise": pa.array([decimal.Decimal("12.50")], pa.decimal128(9, 2)),
            "local": pa.array([moment.replace(tzinfo=None)], pa.timestamp("us")),
            "zoned": pa.array([moment], pa.timestamp("us", tz="Europe/Berlin")),
            "coded": pa.array(["a"]).dictionary_encode(),
            "day": pa.array([dt.date(2024, 1, 2)]),
            "nest": pa.array([{"a": [1, 2]}]),
            "truth": [True],
            "small": pa.array([1.5], pa.float32()),
            "unsigned": pa.array([4294967295], pa.uint32()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    names = [name for name in table.column_names if name != "trip"]
    columns = "".join(f"      {name}: {{type: string}}\n" for name in names)
    contract = contract_of(
        f"columns:\n      trip: {{type: int, required: true}}\n{columns}key: [trip]\n"
    )
    (row,) = read(spark, tmp_path / "a.parquet", contract, source_of("parquet"))
    assert dict(zip(names, row[1:-1], strict=True)) == {
        "precise": "12.50",
        "local": "2024-01-02 03:04:05.6",
        "zoned": "2024-01-02 03:04:05.6",
        "coded": "a",
        "day": "2024-01-02",
        "nest": '{"a":[1,2]}',
        "truth": "true",
        "small": "1.5",
        "unsigned": "4294967295",
    }
