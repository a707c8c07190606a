"""Compare what mltable reads with what Spark wrote: rows, columns, and a checksum of each."""

from __future__ import annotations

import datetime as dt
import logging
import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from assets.mltables import FILE, MLTableError, TableFiles, count_parts, read_rows
from spark_jobs.digests import of_nothing, with_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assets.mltables import Card
    from spark_jobs.receipt import Checksum, TableReceipt

logger = logging.getLogger(__name__)
# A sum of doubles depends on the order of addition.
RELATIVE_TOLERANCE = 1e-6
# Of a sum of which few rows were read: a receipt has ten digits, and few rows are a small part.
RELATIVE_TOLERANCE_OF_SUMS = 1e-9


class ReadbackError(RuntimeError):
    """mltable reads something other than Spark wrote."""


@dataclass(frozen=True)
class Readback:
    """The checksum of what mltable reads of a table, and how many rows it read to tell."""

    checksum: Checksum
    rows_read: int


def read_back(table: str, folder: str, receipt: TableReceipt, before: Card | None) -> Readback:
    """Read the MLTable in a folder, and compare it with what Spark wrote.

    `before` is the card of an earlier version of the same table that was read back. Files of that
    version are not read again but for those that have gone since: their digests are taken from
    that version's, and those of new files are added. Where that does not tell, or tells of a
    difference, all files are read.

    Raises ReadbackError naming every difference, and MLTableError where nothing can be read.
    """
    if FILE not in receipt.checksum:
        files = TableFiles(receipt.uri, receipt.version)
        found = _since(before, files, receipt) if before else None
        found = found or _all_of(files, receipt)
        if found and count_parts(folder) == files.parts:
            return found
    rows = read_rows(folder)
    check_readback(table, rows, receipt)
    return Readback(_checksum(rows, receipt.checksum), len(rows))


def _since(before: Card, files: TableFiles, receipt: TableReceipt) -> Readback | None:
    """Read the files that differ from an earlier version's; None where that does not tell."""
    try:
        earlier = TableFiles(before.table_uri, before.table_version)
        gone = _Sum.of(earlier, earlier.names - files.names, receipt.checksum)
    except MLTableError as error:
        logger.warning("all files are read: of those before, %s", error)
        return None
    new = _Sum.of(files, files.names - earlier.names, receipt.checksum)
    if gone is None or new is None:
        return None
    checksum = with_changes(before.read, gone=gone.checksum, new=new.checksum)
    rows = before.rows - gone.rows + new.rows
    if checksum is None or _differences(rows, checksum, receipt, RELATIVE_TOLERANCE_OF_SUMS):
        return None
    return Readback(checksum, gone.rows + new.rows)


def _all_of(files: TableFiles, receipt: TableReceipt) -> Readback | None:
    """Read file by file, so that no more than one is in memory; None unless all is as written."""
    found = _Sum.of(files, files.names, receipt.checksum)
    if found is None or found.has != receipt.checksum.keys():
        return None
    if _differences(found.rows, found.checksum, receipt, RELATIVE_TOLERANCE):
        return None
    return Readback(found.checksum, found.rows)


@dataclass(frozen=True)
class _Sum:
    """How many rows files have, the columns that any of them has, and the checksum of all."""

    rows: int
    has: frozenset[str]
    checksum: Checksum

    @classmethod
    def of(cls, files: TableFiles, names: Iterable[str], columns: Checksum) -> Self | None:
        """Add files up; None where they have columns in another order, or a sum is no number."""
        kinds = {column: str(digests["kind"]) for column, digests in columns.items()}
        total = cls(0, frozenset(), {column: of_nothing(kind) for column, kind in kinds.items()})
        for name in sorted(names):
            rows = files.rows(name)
            if [*rows.columns] != [column for column in columns if column in rows]:
                return None
            checksum = with_changes(total.checksum, gone=None, new=_checksum(rows, columns))
            if checksum is None:
                return None
            total = cls(total.rows + len(rows), total.has | {*rows.columns}, checksum)
        return total


def _checksum(rows: pd.DataFrame, columns: Checksum) -> Checksum:
    """Digest rows; a column that a file does not have is null in all of its rows."""
    return {
        column: {"kind": expected["kind"], **digest(rows[column], str(expected["kind"]))}
        if column in rows
        else {**of_nothing(str(expected["kind"])), "nulls": len(rows)}
        for column, expected in columns.items()
    }


def check_readback(table: str, rows: pd.DataFrame, receipt: TableReceipt) -> None:
    """Raise ReadbackError naming every difference between rows read and the receipt."""
    differences = find_differences(rows, receipt)
    if differences:
        raise ReadbackError(
            f"table {table!r} ({receipt.uri} version {receipt.version}): mltable does not read "
            f"what Spark wrote, nothing is registered: {'; '.join(differences)}"
        )


def find_differences(rows: pd.DataFrame, receipt: TableReceipt) -> list[str]:
    """Compare row count, columns in order, and per column nulls and digest."""
    if list(rows.columns) != list(receipt.checksum):
        counted = _differences(len(rows), {}, receipt, RELATIVE_TOLERANCE)
        columns = f"columns {list(rows.columns)}, Spark wrote {list(receipt.checksum)}"
        return [*counted, columns]
    checksum = _checksum(rows, receipt.checksum)
    return _differences(len(rows), checksum, receipt, RELATIVE_TOLERANCE)


def _differences(
    rows: int, checksum: Checksum, receipt: TableReceipt, tolerance: float
) -> list[str]:
    differences = []
    if rows != receipt.rows_out:
        differences.append(f"{rows} rows, Spark wrote {receipt.rows_out}")
    for column, actual in checksum.items():
        expected = receipt.checksum[column]
        differences += [
            f"{column}: {name} is {value}, Spark's is {expected[name]}"
            for name, value in actual.items()
            if not _equal(value, expected[name], tolerance)
        ]
    return differences


def digest(values: pd.Series, kind: str) -> Mapping[str, float | int | None]:
    """Digest a column as spark_jobs.checksum does."""
    present = values.dropna()
    nulls = {"nulls": int(values.isna().sum())}
    if kind == "number":
        if present.empty:
            return nulls | {"min": None, "max": None, "sum": None}
        return nulls | {
            "min": float(present.min()),
            "max": float(present.max()),
            "sum": float(present.sum()),
        }
    texts = _texts(present, kind).value_counts()
    return nulls | {"crc32": sum(zlib.crc32(text.encode()) * n for text, n in texts.items())}


def _texts(present: pd.Series, kind: str) -> pd.Series:
    if kind == "text":
        return present.astype(str)
    if kind == "boolean":
        return present.astype(bool).map({True: "true", False: "false"})
    if kind in {"date", "timestamp"}:
        return _moments(present, "D" if kind == "date" else "ms").astype(str)
    # mltable gives nullable integers as floating point.
    return present.astype("int64").astype(str)


def _moments(present: pd.Series, unit: str) -> pd.Series:
    """Count days or milliseconds since 1970; pandas' own nanoseconds end in 2262."""
    if isinstance(present.dtype, pd.DatetimeTZDtype):
        present = present.dt.tz_convert("UTC").dt.tz_localize(None)
    if present.dtype == object:  # dates, or moments, of Python
        bare = [_without_zone(value) for value in present]
        moments = np.array(bare, dtype="datetime64[us]")
    else:
        moments = present.to_numpy()
    return pd.Series(moments.astype(f"datetime64[{unit}]").astype("int64"))


def _without_zone(value: dt.date) -> dt.date:
    if isinstance(value, dt.datetime) and value.tzinfo:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _equal(actual: float | str | None, expected: float | str | None, tolerance: float) -> bool:
    if isinstance(actual, float) and isinstance(expected, float | int):
        return math.isclose(actual, expected, rel_tol=tolerance, abs_tol=1e-9)
    return actual == expected
