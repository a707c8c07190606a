"""How a file is written is found from its first bytes; what is not certain is asked."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest

from aml_pipelines.drafts.sniff import sniff
from conf.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = "".join(f"{n},city {n},{n / 4}\n" for n in range(20))


def written(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / name


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (f"trip,city,fare\n{ROWS}", {}),
        ("trip;city;fare\n1;Ulm, Donau;1,5\n2;Aix;2,25\n", {"delimiter": ";"}),
        ("mean radius;area\n17,99;1001,0\n20,57;1326,0\n", {"delimiter": ";"}),
        ("trip\tcity\n1\tUlm\n", {"delimiter": "tab"}),
        ("trip|city\n1|Ulm\n", {"delimiter": "|"}),
        ("trip,city\n1,'Ulm, a'\n2,'Aix'\n", {"quote": "'"}),
        ('trip,city\n1,"say \\"hi\\", bob"\n2,"a"\n', {"escape": "\\"}),
        ("# made by a program\ntrip,city\n1,Ulm\n", {"comment": "#"}),
        (f"Report\n\ntrip,city,fare\n{ROWS}", {"skip_lines": 2}),
        (ROWS, {"header": ["column_1", "column_2", "column_3"]}),
        ("trip\n1\n2\n", {}),
        ('trip,note\n1,"a\nb"\n2,c\n', {}),
    ],
    ids=[
        *("plain", "semicolon", "decimal comma", "tab", "pipe", "apostrophe", "backslash"),
        *("comment", "lines before", "no header", "one column", "a line break"),
    ],
)
def test_the_dialect_of_a_csv_file_is_found(
    tmp_path: Path, text: str, keys: dict[str, object]
) -> None:
    found = sniff(written(tmp_path, text))
    assert (found.format, found.keys) == ("csv", keys)


def test_what_is_not_certain_is_asked(tmp_path: Path) -> None:
    skipped = sniff(written(tmp_path, f"Report\ntrip,city,fare\n{ROWS}"))
    assert "Are the first 1 lines no rows?" in skipped.questions[0]
    texts = sniff(written(tmp_path, "city,land\nUlm,DE\nAix,FR\n"))
    assert texts.questions == (
        "Does the file begin with column names? All of its columns are texts.",
    )


@pytest.mark.parametrize(
    ("encoding", "stated", "asks"),
    [
        ("utf-8", None, False),
        ("utf-8-sig", None, False),
        ("windows-1252", "windows-1252", True),
        ("utf-16", "UTF-16", False),
        ("utf-16-le", "UTF-16LE", False),
        ("utf-16-be", "UTF-16BE", False),
    ],
)
def test_the_character_set_is_found_or_asked(
    tmp_path: Path, encoding: str, stated: str | None, *, asks: bool
) -> None:
    found = sniff(written(tmp_path, "trip,city\n1,Köln\n2,Besançon\n".encode(encoding)))
    assert found.keys.get("encoding") == stated
    assert bool(found.questions) is asks


def test_a_letter_that_the_first_megabyte_cuts_is_no_other_encoding(tmp_path: Path) -> None:
    text = "trip,city\n" + "1,öööööööööö\n" * 60_000
    assert sniff(written(tmp_path, text)).keys == {}


@pytest.mark.parametrize("ending", ["gz", "bz2", "zst"])
def test_a_compressed_file_is_looked_into(tmp_path: Path, ending: str) -> None:
    text = f"trip;city;fare\n{ROWS.replace(',', ';')}".encode()
    if ending == "zst":
        with pa.output_stream(str(tmp_path / "a.csv.zst"), compression="zstd") as stream:
            stream.write(text)
    else:
        packed = gzip.compress(text) if ending == "gz" else bz2.compress(text)
        written(tmp_path, packed, f"a.csv.{ending}")
    assert sniff(tmp_path / f"a.csv.{ending}").keys == {"delimiter": ";"}


@pytest.mark.parametrize(
    ("text", "file_format", "keys"),
    [
        ('{"trip": 1}\n{"trip": 2}\n', "jsonl", {}),
        ('[{"trip": 1}, {"trip": 2}]', "json", {}),
        ('{\n "page": 1,\n "data": {"items": [{"trip": 1}]}\n}', "json", {"records": "data.items"}),
        ('{\n "trip": 1\n}', "json", {}),
        ('{"a": {"b": "]{["}, "c": {"d": [1], "e": [ {"trip": 1, "x"', "json", {"records": "c.e"}),
    ],
)
def test_the_layout_of_json_is_found(
    tmp_path: Path, text: str, file_format: str, keys: dict[str, object]
) -> None:
    found = sniff(written(tmp_path, text, "a.json"))
    assert (found.format, found.keys) == (file_format, keys)


def test_a_parquet_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    pd.DataFrame({"trip": [1]}).to_parquet(tmp_path / "a.data")
    assert sniff(tmp_path / "a.data").format == "parquet"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.csv: is empty"),
        (
            b"PK\x03\x04....",
            "a.csv: is an Excel or ZIP file; convert it as docs/contracts.md shows",
        ),
        (b"<?xml version='1.0'?><a/>", "a.csv: is XML; convert it"),
    ],
)
def test_what_no_source_can_read_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        sniff(written(tmp_path, content))


def test_a_compressed_file_that_is_broken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.csv\.gz: cannot be read"):
        sniff(written(tmp_path, b"no gzip", "a.csv.gz"))
