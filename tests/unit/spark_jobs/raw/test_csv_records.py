"""A record may span lines within quotes; no line within a quoted field ever becomes a row."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.sources import read_as_text
from spark_jobs.storage import list_files
from tests.contracts import contract_of, source_of

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
    columns: {trip: {type: int, required: true}, city: {type: string}, fare: {type: double}}
    key: [trip]
""")
Row = tuple[str | None, ...]


def read(spark: SparkSession, folder: Path, *files: tuple[str, str]) -> list[Row]:
    """Return trip, city, fare and the malformed text of every row, in order."""
    for name, text in files:
        (folder / name).write_bytes(text.encode())
    found = read_as_text(spark, list_files(spark, f"{folder}/*"), TRIPS, source_of("csv"))
    rows = found.select("trip", "city", "fare", "_malformed").collect()
    return sorted((tuple(row) for row in rows), key=str)


def test_a_record_over_several_lines_is_one_row_and_the_line_within_it_is_none(
    spark: SparkSession, tmp_path: Path
) -> None:
    spanning = (
        "trip,city,fare\r\n"
        "1,Ulm,1.5\r\n"
        '3,"a note with\r\n99,injected,99.5\r\nend of ""note""",3.5\r\n'
        '4,"trip,city,fare\r\n\r\n",4.5\r\n'
        '5,"x","5.5"\r\n'
        '"6\r\n","y\r\n",6.5'
    )
    rows = read(spark, tmp_path, ("a.csv", spanning), ("b.csv", "trip,city,fare\n2,Aix,2.5\n"))
    assert rows == [
        ("1", "Ulm", "1.5", None),
        ("2", "Aix", "2.5", None),
        ("3", 'a note with\n99,injected,99.5\nend of "note"', "3.5", None),
        ("4", "trip,city,fare\n\n", "4.5", None),
        ("5", "x", "5.5", None),
        ("6\n", "y\n", "6.5", None),
    ]


def test_a_spanning_record_with_too_many_fields_is_malformed_as_a_whole(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = read(spark, tmp_path, ("a.csv", 'trip,city,fare\n1,"x\n2,y,2",1,1\n3,z,3\n'))
    assert [row[3] for row in rows] == ['1,"x\n2,y,2",1,1', None]
    assert rows[1] == ("3", "z", "3", None)


@pytest.mark.parametrize(
    "lines",
    [
        ['1,"never closes,1', "2,Ulm,2", "3,Aix,3"],
        ['1,"opens', "99,injected,99", 'closes "within" a value', "98,injected,98", 'end",2'],
        ['1,"opens', '2,"a, b",2', "3,Aix,3"],
    ],
    ids=["to the end", "quotes within", "a lost quote"],
)
def test_from_a_quote_that_cannot_be_right_every_line_is_malformed_for_itself(
    spark: SparkSession, tmp_path: Path, lines: list[str]
) -> None:
    text = "\n".join(["trip,city,fare", "0,Rom,0", *lines, ""])
    rows = read(spark, tmp_path, ("a.csv", text), ("b.csv", "trip,city,fare\n7,Ulm,7\n"))
    assert sorted(str(row[3]) for row in rows if row[3]) == sorted(lines)
    whole = [row for row in rows if row[3] is None]
    assert whole == [("0", "Rom", "0", None), ("7", "Ulm", "7", None)]


@pytest.mark.parametrize("city", [r'"say \"hi\" bob"', '"a"b', '5" pipe'])
def test_quotes_that_are_not_doubled_are_malformed(
    spark: SparkSession, tmp_path: Path, city: str
) -> None:
    rows = read(spark, tmp_path, ("a.csv", f"trip,city,fare\n1,{city},1\n2,Ulm,2\n"))
    assert [row[3] for row in rows] == [f"1,{city},1", None]


def test_a_field_of_a_hundred_thousand_quotes_is_read(spark: SparkSession, tmp_path: Path) -> None:
    city = '""' * 100_000
    rows = read(spark, tmp_path, ("a.csv", f'trip,city,fare\n1,"{city}\n{city}",1\n'))
    assert rows == [("1", '"' * 100_000 + "\n" + '"' * 100_000, "1", None)]


def test_a_compressed_file_is_read_and_its_header_too(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b'trip,city,fare\n1,"a\nb",1\n'))
    assert read(spark, tmp_path) == [("1", "a\nb", "1", None)]


def test_a_header_over_several_lines_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv: its line of column names has a quote that"):
        read(spark, tmp_path, ("a.csv", 'trip,city,"fare\n"\n1,Ulm,1\n'))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cities=st.lists(st.text('a,"\n ', max_size=6), min_size=30, max_size=30))
def test_what_python_writes_is_read_as_python_reads_it(
    spark: SparkSession, tmp_path: Path, cities: list[str]
) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(
        [("trip", "city", "fare"), *((number, city, "1") for number, city in enumerate(cities))]
    )
    rows = read(spark, tmp_path, ("a.csv", written.getvalue()))
    assert {int(str(row[0])): row[1] or "" for row in rows} == dict(enumerate(cities))
    assert {row[3] for row in rows} == {None}
