"""Raw files are read as they came: every row of theirs comes out, or the file is refused."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.sources import find_files, read_as_text
from spark_jobs.raw.typed_source import read_delta_as_text
from spark_jobs.storage import list_files
from tests.contracts import contract_of, source_of

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset

pytestmark = pytest.mark.spark

STRICT = """
columns: {trip: {type: int, required: true}, city: {type: string}}
key: [trip]
"""
LENIENT = STRICT + 'new_columns: keep_text\nmissing_columns: "null"\n'
READ = "trip string, city string, _malformed string, _undeclared string"
Row = tuple[str | None, str | None, str | None, str | None]


def read(
    spark: SparkSession, folder: Path, contract: Dataset, *, file_format: str = "csv"
) -> DataFrame:
    files = list_files(spark, f"{folder}/*")
    return read_as_text(spark, files, contract, source_of(file_format)).drop("_file_uri")


def test_a_csv_row_is_text_as_it_came_and_malformed_where_its_fields_do_not_add_up(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(
        b"\xef\xbb\xbftrip,city\r\n"
        b'1,"Ulm, ""Donau"""\r\n'
        b"007, Aix \r\n"
        b"3\r\n"
        b"4,Rom,IT\r\n"
        b"\r\n"
        b",\r\n"
        b"5,NA\r\n"
    )
    rows: list[Row] = [
        ("1", 'Ulm, "Donau"', None, None),
        ("007", " Aix ", None, None),
        ("3", None, "3", None),
        ("4", "Rom", "4,Rom,IT", None),
        (None, None, None, None),
        ("5", "NA", None, None),
    ]
    actual = read(spark, tmp_path, contract_of(STRICT))
    assert_df_equality(actual, spark.createDataFrame(rows, READ), ignore_row_order=True)


def test_garbage_bytes_between_rows_cost_no_row(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"trip,city\n1,Ulm\n\xff\xfe\x80,\x00\n\x89PNG\n2,Aix\n")
    rows: list[Row] = [
        ("1", "Ulm", None, None),
        ("\ufffd\ufffd\ufffd", "\x00", "\ufffd\ufffd\ufffd,\x00", None),
        ("\ufffdPNG", None, "\ufffdPNG", None),
        ("2", "Aix", None, None),
    ]
    actual = read(spark, tmp_path, contract_of(STRICT))
    assert_df_equality(actual, spark.createDataFrame(rows, READ), ignore_row_order=True)


def test_a_line_in_another_encoding_is_malformed_and_keeps_its_bytes(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(b"trip,city\n1,M\xfcnster\n2,M\xf6nster\n3,M\xc3\xbcnster\n")
    rows = read(spark, tmp_path, contract_of(STRICT))
    assert [row["trip"] for row in rows.where("_malformed is null").collect()] == ["3"]
    kept = rows.where("_malformed is not null").select(F.col("_malformed").cast("binary"))
    assert {bytes(row[0]) for row in kept.collect()} == {b"1,M\xfcnster", b"2,M\xf6nster"}


def test_an_object_in_another_encoding_is_malformed(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"trip": 1, "city": "M\xfcnster"}\n{"trip": 3}\n')
    rows = read(spark, tmp_path, contract_of(STRICT), file_format="jsonl")
    told = rows.select("trip", F.col("_malformed").isNotNull().alias("is_malformed")).collect()
    assert {(row["trip"], row["is_malformed"]) for row in told} == {(None, True), ("3", False)}


def test_columns_that_only_some_of_the_parquet_files_have_are_seen(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    pd.DataFrame({"trip": [1], "city": ["Ulm"]}).to_parquet(tmp_path / "files" / "a.parquet")
    wider = pd.DataFrame({"trip": [2], "city": ["Aix"], "fare": [9]})
    wider.to_parquet(tmp_path / "files" / "b.parquet")
    files = list_files(spark, f"{tmp_path}/files/*.parquet")
    with pytest.raises(
        SourceError, match=r"b\.parquet: columns \['fare'\] are not in the contract"
    ):
        read_as_text(spark, files, contract_of(STRICT), source_of("parquet"))
    rows = read_as_text(spark, files, contract_of(LENIENT), source_of("parquet"))
    expected = [("1", "Ulm", None, None), ("2", "Aix", None, '{"fare":9}')]
    actual = rows.drop("_file_uri")
    assert_df_equality(actual, spark.createDataFrame(expected, READ), ignore_row_order=True)


def test_whole_numbers_are_written_in_full_however_they_are_stored(spark: SparkSession) -> None:
    numbers = spark.sql(
        "SELECT 12345678D AS trip, CAST(0 AS decimal(38,10)) AS city UNION ALL "
        "SELECT 0.5D, CAST(2.5 AS decimal(38,10)) UNION ALL SELECT 1e300D, null"
    )
    rows = read_delta_as_text(numbers, "lake/trips", contract_of(STRICT)).collect()
    assert {(row["trip"], row["city"]) for row in rows} == {
        ("12345678", "0"),
        ("0.5", "2.5000000000"),
        ("1.0E300", None),
    }


def test_names_in_a_header_may_be_whatever_they_are(spark: SparkSession, tmp_path: Path) -> None:
    header = 'trip,Trip,ci`ty,_malformed,_line,city,a.b,"x, y"'
    (tmp_path / "a.csv").write_text(f"{header}\n1,2,3,4,5,Ulm,7,8\n")
    pd.DataFrame({"trip": [2], "ci`ty": [3], "_file_uri": [4], "city": ["Aix"]}).to_parquet(
        tmp_path / "b.parquet"
    )
    lenient = contract_of(LENIENT)
    rows = read_as_text(
        spark, list_files(spark, f"{tmp_path}/*.csv"), lenient, source_of("csv")
    ).unionByName(
        read_as_text(
            spark, list_files(spark, f"{tmp_path}/*.parquet"), lenient, source_of("parquet")
        )
    )
    others = '{"Trip":"2","ci`ty":"3","_malformed":"4","_line":"5","a.b":"7","x, y":"8"}'
    expected: list[Row] = [
        ("1", "Ulm", None, others),
        ("2", "Aix", None, '{"ci`ty":3,"_file_uri":4}'),
    ]
    actual = rows.drop("_file_uri")
    assert_df_equality(actual, spark.createDataFrame(expected, READ), ignore_row_order=True)


def test_parquet_of_every_type_is_text_whatever_other_files_have(
    spark: SparkSession, tmp_path: Path
) -> None:
    at = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    cities: dict[str, pa.Array] = {
        "nested": pa.array([{"name": "Ulm", "at": [1, 2]}]),
        "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())),
        "zoned": pa.array([at], pa.timestamp("us", tz="Europe/Berlin")),
        "unzoned": pa.array([at.replace(tzinfo=None)], pa.timestamp("us")),
        "day": pa.array([at.date()]),
        "dictionary": pa.array(["Aix"]).dictionary_encode(),
        "decimal": pa.array([decimal.Decimal("1.50")]),
        "number": pa.array([7]),
        "double": pa.array([7.0]),
    }
    for place, (name, city) in enumerate(cities.items()):
        trip = pa.array([place], [pa.int32(), pa.int64(), pa.float64()][place % 3])
        pq.write_table(pa.table({"trip": trip, "city": city}), tmp_path / f"{name}.parquet")
    rows = read(spark, tmp_path, contract_of(STRICT), file_format="parquet").collect()
    told = {list(cities)[int(row["trip"])]: row["city"] for row in rows}
    assert told == {
        "nested": '{"at":[1,2],"name":"Ulm"}',
        "map": '{"a":1}',
        "zoned": "2024-01-02 03:04:05",
        "unzoned": "2024-01-02 03:04:05",
        "day": "2024-01-02",
        "dictionary": "Aix",
        "decimal": "1.50",
        "number": "7",
        "double": "7",
    }


def test_bytes_in_a_parquet_file_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    pd.DataFrame({"trip": [1], "city": [b"\x00\xff"]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(SourceError, match=r"a\.parquet: columns \['city'\] hold bytes"):
        read(spark, tmp_path, contract_of(STRICT), file_format="parquet")


def test_files_may_order_add_and_lack_columns_as_the_contract_allows(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "1 march.csv").write_text("trip,city\n1,Ulm\n")
    (tmp_path / "2 märz.csv").write_text("city,trip\nAix,2\n")
    (tmp_path / "3 [new] {x}.csv").write_text("trip,fare,city,tip\n3,9.5,Rom,\n")
    (tmp_path / "4.csv").write_text("trip\n4\n")
    (tmp_path / "5.csv").write_text("trip,city\n")
    rows: list[Row] = [
        ("1", "Ulm", None, None),
        ("2", "Aix", None, None),
        ("3", "Rom", None, '{"fare":"9.5"}'),
        ("4", None, None, None),
    ]
    actual = read(spark, tmp_path, contract_of(LENIENT))
    assert_df_equality(actual, spark.createDataFrame(rows, READ), ignore_row_order=True)


def test_json_lines_keep_unknown_keys_and_broken_lines(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"trip": 1, "city": "Ülm"}\n'
        '{"city": {"name": "Aix"}, "trip": "2", "fare": 9}\n'
        '{"trip": null}\n'
        '{"trip": 4, "ci\n'
        '{"trip": 5}{"trip": 6}\n'
        '{"trip": 7}, {"trip": 8}\n'
        '[{"trip": 9}]\n'
        "  \n"
        "10\n"
    )
    rows: list[Row] = [
        ("1", "Ülm", None, None),
        ("2", '{"name":"Aix"}', None, '{"fare":"9"}'),
        (None, None, None, None),
        (None, None, '{"trip": 4, "ci', None),
        (None, None, '{"trip": 5}{"trip": 6}', None),
        (None, None, '{"trip": 7}, {"trip": 8}', None),
        (None, None, '[{"trip": 9}]', None),
        (None, None, "10", None),
    ]
    actual = read(spark, tmp_path, contract_of(STRICT), file_format="jsonl")
    assert_df_equality(actual, spark.createDataFrame(rows, READ), ignore_row_order=True)


def test_typed_files_become_the_text_that_spark_writes_for_them(
    spark: SparkSession, tmp_path: Path
) -> None:
    typed = spark.createDataFrame(
        [(1, "Ulm", 9.5), (2, None, None)], "trip int, city string, t double"
    )
    typed.write.parquet(f"{tmp_path}/typed")
    rows: list[Row] = [("1", "Ulm", None, '{"t":9.5}'), ("2", None, None, "{}")]
    contract = contract_of(LENIENT)
    files = list_files(spark, f"{tmp_path}/typed/*.parquet")
    from_parquet = read_as_text(spark, files, contract, source_of("parquet")).drop("_file_uri")
    from_delta = read_delta_as_text(typed, "lake/trips", contract).drop("_file_uri")
    expected = spark.createDataFrame([*rows, *rows], READ)
    assert_df_equality(from_parquet.union(from_delta), expected, ignore_row_order=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.csv: is empty where a line of column names is due; correct"),
        (b"\n1,Ulm\n", r"a\.csv: is empty"),
        (b"\xff\xfe\x00,city\n1,Ulm\n", r"a\.csv: its first line is not UTF-8 text"),
        (b"trip,city,trip\n1,Ulm,1\n", r"a\.csv: columns \['trip'\] are there twice"),
        (b"trip\n1\n", r"a\.csv: columns \['city'\] are missing; it has \['trip'\]; correct the f"),
        (b"trip,city,fare\n1,Ulm,9\n", r"a\.csv: columns \['fare'\] are not in the contract; decl"),
        (b"1,Ulm\n2,Aix\n", r"columns \['trip', 'city'\] are missing; it has \['1', 'Ulm'\]"),
    ],
)
def test_a_file_whose_columns_break_the_contract_is_refused_and_says_how(
    spark: SparkSession, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(SourceError, match=message):
        read(spark, tmp_path, contract_of(STRICT))


def test_a_key_column_may_never_be_missing(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("city\nUlm\n")
    with pytest.raises(SourceError, match=r"columns \['trip'\] are missing"):
        read(spark, tmp_path, contract_of(LENIENT))


def test_files_are_found_by_pattern_and_hidden_ones_are_no_data(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "raw" / "more.csv").mkdir(parents=True)
    for name in ("b.csv", "a ü.csv", "_old.csv", ".b.csv.crc", "c.txt"):
        (tmp_path / "raw" / name).write_text("trip,city\n")
    found = find_files(spark, f"{tmp_path}/", contract_of(STRICT), "history")
    assert [(file.name, file.size) for file in found] == [("a ü.csv", 10), ("b.csv", 10)]


def test_no_file_at_all_names_the_pattern_and_the_contract(
    spark: SparkSession, tmp_path: Path
) -> None:
    with pytest.raises(SourceError) as refused:
        find_files(spark, str(tmp_path), contract_of(STRICT), "history")
    assert f"'trips': source 'history' has no file at {tmp_path}/raw/*.csv" in str(refused.value)
    assert "conf/datasets/trips.yml" in str(refused.value)
