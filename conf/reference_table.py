"""Reference tables: lists of values under conf/references, which are part of the contract."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from conf.document import Section

# Spark is told each value with the query: longer lists are data, and stand in a dataset.
MOST_VALUES = 10_000
_FILE = re.compile(r"conf/references/(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*\.csv)")


@dataclass(frozen=True)
class ReferenceValues:
    """The values of one column of a reference table, which a fingerprint of the contract has."""

    file: str
    column: str
    values: tuple[str, ...]


def read_reference(section: Section) -> ReferenceValues | None:
    """Read the values that `file` has in `column`; without the keys there is no reference."""
    if not section.values:
        return None
    section.allow("file", "column")
    file, column = section.value("file", str), section.value("column", str)
    match = _FILE.fullmatch(file)
    if match is None:
        section.refuse(
            f"{section.where_of('file')}: {file!r} is no reference table; they stand in "
            "conf/references/<name>.csv"
        )
        return None
    try:
        values = _values(section.file.parent.parent / "references" / match["name"], column)
    except (OSError, ValueError, csv.Error) as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error
        section.refuse(f"{section.where_of('file')}: {file}: {reason}")
        return None
    return ReferenceValues(file, column, values)


def _values(file: Path, column: str) -> tuple[str, ...]:
    """Return the values of a column, each once; raise ValueError where it has none or too many."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        names = [name.strip() for name in rows.fieldnames or ()]
        if names.count(column) != 1:
            raise ValueError(f"has not one column {column!r}; its columns are {names}")
        rows.fieldnames = names
        values = tuple(dict.fromkeys(text for row in rows if (text := _text(row, column))))
    if not values:
        raise ValueError(f"column {column!r} has no value")
    if len(values) > MOST_VALUES:
        raise ValueError(
            f"column {column!r} has {len(values):,} values, and may have {MOST_VALUES:,}; make it "
            "a dataset, and a rule with 'foreign_key' in 'table_rules'"
        )
    return values


def _text(row: dict[str, str | None], column: str) -> str:
    return (row[column] or "").strip(" \t\r\n")
