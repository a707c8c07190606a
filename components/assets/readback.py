"""Compare what mltable reads with what Spark wrote: rows, columns, and a checksum of each."""

from __future__ import annotations

import datetime as dt
import math
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_jobs.receipt import TableReceipt

# A sum of doubles depends on the order of addition.
RELATIVE_TOLERANCE = 1e-6


class ReadbackError(RuntimeError):
    """mltable reads something other than Spark wrote."""


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
    differences = []
    if len(rows) != receipt.rows_out:
        differences.append(f"{len(rows)} rows, Spark wrote {receipt.rows_out}")
    if list(rows.columns) != list(receipt.checksum):
        differences.append(f"columns {list(rows.columns)}, Spark wrote {list(receipt.checksum)}")
        return differences
    for column, expected in receipt.checksum.items():
        actual = digest(rows[column], str(expected["kind"]))
        differences += [
            f"{column}: {name} is {value}, Spark's is {expected[name]}"
            for name, value in actual.items()
            if not _equal(value, expected[name])
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


def _equal(actual: float | None, expected: float | str | None) -> bool:
    if isinstance(actual, float) and isinstance(expected, float | int):
        return math.isclose(actual, expected, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-9)
    return actual == expected
