"""Text files are read in the dialect, character set and compression that their source states."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from conf.dataset_source import Dialect
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.sources import read_as_text
from spark_jobs.raw.unreadable import naming_unreadable
from spark_jobs.storage import list_files
from tests.contracts import contract_of, source_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
    columns: {trip: {type: int, required: true}, city: {type: string}}
    key: [trip]
""")
Row = tuple[str | None, str | None, str | None]


def read(spark: SparkSession, file: Path, dialect: Dialect, contract: Dataset = TRIPS) -> list[Row]:
    """Return trip, city and the malformed text of every row, in order."""
    files = list_files(spark, str(file))
    rows = read_as_text(spark, files, contract, source_of("csv", dialect))
    found = rows.select("trip", "city", "_malformed").collect()
    return sorted((tuple(row) for row in found), key=str)


@pytest.mark.parametrize(
    ("dialect", "text", "rows"),
    [
        (
            Dialect(delimiter=";"),
            'trip;city\n1;"Ulm; Donau"\n2;a,b\n3;"x"y\n',
            [("1", "Ulm; Donau", None), ("2", "a,b", None), ("3", '"x"y', '3;"x"y')],
        ),
        (Dialect(delimiter="\t"), "trip\tcity\n1\tUlm, Donau\n", [("1", "Ulm, Donau", None)]),
        (
            Dialect(quote="'"),
            "trip,city\n1,'Ulm, ''x'''\n2,\"a\n3,'b\nc'\n",
            [("1", "Ulm, 'x'", None), ("2", '"a', None), ("3", "b\nc", None)],
        ),
        (
            Dialect(quote=""),
            'trip,city\n1,5" pipe\n2,"\n',
            [("1", '5" pipe', None), ("2", '"', None)],
        ),
        (
            Dialect(escape="\\"),
            'trip,city\n1,"say \\"hi\\", bob"\n2,"a\\\\"\n3,"x\\"\n4,y"\n5,"say ""hi"""\n',
            [
                ("1", 'say "hi", bob', None),
                ("2", "a\\", None),
                ("3", 'x"\n4,y', None),
                ("5", '"say ""hi"""', '5,"say ""hi"""'),
            ],
        ),
        (Dialect(skip_initial_space=True), '"trip", "city"\n1, "a, b"\n', [("1", "a, b", None)]),
        (Dialect(header=False), "1,Ulm\n2,Aix\n", [("1", "Ulm", None), ("2", "Aix", None)]),
        (
            Dialect(header=("city", "trip")),
            "Ulm,1\nAix,2\n",
            [("1", "Ulm", None), ("2", "Aix", None)],
        ),
        (
            Dialect(comment="#", skip_lines=2),
            'A "report\n\n# of trips\ntrip,city\n# "none\n1,"Ulm\n# not a comment"\n#\n2,Aix\n',
            [("1", "Ulm\n# not a comment", None), ("2", "Aix", None)],
        ),
        (
            Dialect(skip_lines=1, header=False),
            "1,Ulm\n1,Ulm\n",  # the second is a row, though it is equal to the skipped one
            [("1", "Ulm", None)],
        ),
        (
            Dialect(multiline=False),
            'trip,city\n1,"never closes\n2,Aix\n',
            [("1", "never closes", '1,"never closes'), ("2", "Aix", None)],
        ),
    ],
    ids=[
        *("semicolon", "tab", "apostrophe", "no quote", "backslash", "blanks before quotes"),
        *("no header", "stated header", "comments", "skipped line", "a line each"),
    ],
)
def test_a_file_is_read_in_the_dialect_of_its_source(
    spark: SparkSession, tmp_path: Path, dialect: Dialect, text: str, rows: list[Row]
) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read(spark, tmp_path / "a.csv", dialect) == rows


@pytest.mark.parametrize(
    "encoding",
    ["windows-1252", "ISO-8859-15", "IBM850", "Shift_JIS", "UTF-16", "UTF-16LE", "UTF-32"],
)
def test_a_file_is_read_in_the_character_set_of_its_source(
    spark: SparkSession, tmp_path: Path, encoding: str
) -> None:
    # In UTF-16 the bytes of the letters before "2" hold those of a line break.
    city = "東京" if encoding == "Shift_JIS" else "Öresund"
    wide = "\u0a05\u0100" if encoding.startswith("UTF") else ""
    text = f'trip,city\r\n1,{city}\r\n2,"{wide}x\r\ny"\r\n'
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    rows = read(spark, tmp_path / "a.csv", Dialect(encoding=encoding))
    assert rows == [("1", city, None), ("2", f"{wide}x\ny", None)]


def test_bytes_that_are_no_character_make_their_record_malformed(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(b"trip,city\n1,a\x81b\n2,Aix\n")
    rows = read(spark, tmp_path / "a.csv", Dialect(encoding="windows-1252"))
    assert rows == [("1", "a\ufffdb", "1,a\ufffdb"), ("2", "Aix", None)]


def test_an_encoding_that_java_does_not_know_is_refused(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("trip,city\n1,Ulm\n")
    with pytest.raises(SourceError, match=r"'trips': Java knows no encoding 'klingon'; correct it"):
        read(spark, tmp_path / "a.csv", Dialect(encoding="klingon"))


def test_column_names_in_another_encoding_are_refused_with_the_key_that_helps(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes("trip,città\n1,Ulm\n".encode("windows-1252"))
    with pytest.raises(SourceError, match=r"a\.csv: its first line is not UTF-8 text; state the"):
        read(spark, tmp_path / "a.csv", Dialect())


def zstd(content: bytes) -> bytes:
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(content)
    written: bytes = packed.getvalue().to_pybytes()
    return written


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": zstd,
}


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize("file_format", ["csv", "jsonl", "json"])
def test_a_compressed_file_is_read_as_the_plain_one(
    spark: SparkSession, tmp_path: Path, ending: str, file_format: str
) -> None:
    pack = PACKED[ending]
    contents = {
        "csv": 'trip,city\r\n1,"Ulm\r\nDonau"\r\n',
        "jsonl": '{"trip": 1, "city": "Ulm\\nDonau"}\n',
        "json": '[{"trip": 1,\n"city": "Ulm\\nDonau"}]',
    }
    (tmp_path / f"a.{file_format}.{ending}").write_bytes(pack(contents[file_format].encode()))
    files = list_files(spark, f"{tmp_path}/*")
    rows = read_as_text(spark, files, TRIPS, source_of(file_format))
    assert [tuple(row) for row in rows.select("trip", "city").collect()] == [("1", "Ulm\nDonau")]


@pytest.mark.parametrize("ending", PACKED)
def test_a_compressed_file_that_is_cut_off_is_named(
    spark: SparkSession, tmp_path: Path, ending: str
) -> None:
    lines = "".join(f"{number},{number * 7919 % 1009}\n" for number in range(20000))
    (tmp_path / f"a.csv.{ending}").write_bytes(
        PACKED[ending](f"trip,city\n{lines}".encode())[:-900]
    )
    files, source = list_files(spark, f"{tmp_path}/*"), source_of("csv")
    with (
        pytest.raises(SourceError, match=rf"a\.csv\.{ending}: cannot be read as csv: "),
        naming_unreadable(spark, files, source),
    ):
        read_as_text(spark, files, TRIPS, source)
