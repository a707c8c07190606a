"""Cases as tests/cases has them: a contract, raw files, and the tables that they must become."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from tests.contracts import contract_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, Row

    from conf.dataset import Dataset

CASES = sorted(file.parent for file in Path(__file__).with_name("cases").glob("*/contract.yml"))
SUBJECT = "trips"
_ESCAPES = {"N": None, "s": " ", "n": "\n", "r": "\r", "t": "\t", "p": "|", "\\": "\\"}
ANYTHING = "*"


@dataclass(frozen=True)
class Table:
    """The columns of a table, each a name and a type, and its rows as text; null is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True)
class Case:
    """A folder of tests/cases."""

    folder: Path

    @cached_property
    def contracts(self) -> dict[str, Dataset]:
        """Return the contracts by dataset; those that others refer to come first."""
        files = sorted(self.folder.glob("*.yml"), key=lambda file: file.stem == "contract")
        references = {f.name: f.read_text("utf-8") for f in self.folder.glob("references/*")}
        named = {SUBJECT if file.stem == "contract" else file.stem: file for file in files}
        return {
            name: contract_of(file.read_text("utf-8"), name=name, references=references)
            for name, file in named.items()
        }

    @property
    def arrivals(self) -> list[Path]:
        return sorted(folder for folder in self.folder.iterdir() if folder.name.isdigit())

    @property
    def error(self) -> str | None:
        file = self.folder / "error.txt"
        return file.read_text("utf-8").strip() if file.exists() else None

    @property
    def hashes(self) -> Path:
        return self.folder / "hashes.txt"

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Return those among `names` that the case states."""
        files = {name: self.folder / f"{name}.txt" for name in names}
        return {n: read_table(f.read_text("utf-8")) for n, f in files.items() if f.exists()}


def lay_out(arrival: Path, raw: Path) -> None:
    """Put the files of an arrival in place of those before; the time of a change is its number."""
    shutil.rmtree(raw, ignore_errors=True)
    shutil.copytree(arrival, raw)
    for file in raw.rglob("*"):
        os.utime(file, (int(arrival.name), int(arrival.name)))


def read_table(text: str) -> Table:
    header, *lines = text.splitlines()
    rows = tuple(tuple(_value(cell.strip()) for cell in line.split("|")) for line in lines)
    return Table(tuple(name.strip() for name in header.split("|")), rows)


def shown(rows: DataFrame, *, like: Table | None) -> Table:
    """Return a table as a file states it: with the lake's own columns that `like` names."""
    own = [name.partition(" ")[0] for name in like.columns] if like else []
    names = [name for name in rows.columns if not name.startswith("_")]
    names += [name for name in own if name.startswith("_")]
    types = {field.name: field.dataType.simpleString() for field in rows.schema}
    found = tuple(_texts(row) for row in _printable(rows.select(*names)).collect())
    return Table(tuple(f"{name} {types[name]}" for name in names), found)


def in_order(table: Table, *, like: Table) -> list[tuple[str | None, ...]]:
    """Return the rows of a table sorted, with ANYTHING where every row of another one has it."""
    is_open = [all(cells) for cells in _are_anything(like)]
    cells = [
        tuple(ANYTHING if is_any and cell is not None else cell for cell, is_any in told)
        for told in (zip(row, is_open, strict=True) for row in table.rows)
    ]
    return sorted(cells, key=str)


def lines_of(rows: DataFrame) -> list[str]:
    """Return all rows of a table, whatever their order and that of its columns."""
    named = _printable(rows.select(*sorted(rows.columns)))
    return sorted(json.dumps(_texts(row)) for row in named.collect())


def content_hash(rows: DataFrame) -> str:
    return hashlib.sha256("\n".join(lines_of(rows)).encode()).hexdigest()[:32]


def _are_anything(table: Table) -> list[list[bool]]:
    columns = [[] for _ in table.columns] if not table.rows else zip(*table.rows, strict=True)
    return [[cell == ANYTHING for cell in column] for column in columns]


def _value(cell: str) -> str | None:
    if cell == r"\N":
        return None
    return re.sub(r"\\(.)", lambda escape: str(_ESCAPES[escape.group(1)]), cell)


def _printable(rows: DataFrame) -> DataFrame:
    """Return moments as text: Python would move them to the zone of the machine."""
    moments = [f.name for f in rows.schema if f.dataType.typeName() == "timestamp"]
    return rows.withColumns({name: F.col(name).cast("string") for name in moments})


def _texts(row: Row) -> tuple[str | None, ...]:
    return tuple(None if value is None else _text(value) for value in row)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(value) if isinstance(value, list) else str(value)
