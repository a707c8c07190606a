"""Checksums of tables added up: what a table holds without some rows and with others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spark_jobs.receipt import Checksum

# The digests of one column: its kind, its nulls and what they say of its other values.
Digests = Mapping[str, Any]


def ten_digits(checksum: Checksum) -> Checksum:
    """Return a checksum as receipts have it."""
    return {
        column: {name: _ten_digits(value) for name, value in digests.items()}
        for column, digests in checksum.items()
    }


def of_nothing(kind: str) -> Digests:
    """Return the digests of a column without rows."""
    ends = {"min": None, "max": None, "sum": None}
    return {"kind": kind, "nulls": 0, **(ends if kind == "number" else {"crc32": 0})}


def with_changes(
    checksum: Checksum, *, gone: Checksum | None, new: Checksum | None
) -> Checksum | None:
    """Return the checksum of a table without the rows of `gone`, and with those of `new`.

    All have all digits. None where only the table itself can tell: its columns are others now, the
    least or the greatest number went and none as low or as high came, or a sum is no number.
    """
    if any(part is not None and part.keys() != checksum.keys() for part in (gone, new)):
        return None
    changed: dict[str, Digests] = {}
    for column, before in checksum.items():
        nothing = of_nothing(str(before["kind"]))
        went, came = (nothing if part is None else part[column] for part in (gone, new))
        now = _changed(before, went, came)
        if now is None:
            return None
        changed[column] = now
    return changed


def _changed(before: Digests, gone: Digests, new: Digests) -> Digests | None:
    nulls = {"nulls": before["nulls"] - gone["nulls"] + new["nulls"]}
    if before["kind"] != "number":
        return {**before, **nulls, "crc32": before["crc32"] - gone["crc32"] + new["crc32"]}
    total = _sum(before, gone, new)
    if total is not None and not math.isfinite(total):
        return None
    try:
        low = _end(min, before["min"], gone["min"], new["min"])
        high = _end(max, before["max"], gone["max"], new["max"])
    except _UnknownError:
        return None
    return {**before, **nulls, "min": low, "max": high, "sum": total}


def _sum(before: Digests, gone: Digests, new: Digests) -> float | None:
    """Add sums up; None, as in each of them, without a value."""
    if before["sum"] is None and new["sum"] is None:
        return None
    total: float = (before["sum"] or 0.0) - (gone["sum"] or 0.0) + (new["sum"] or 0.0)
    return total


class _UnknownError(Exception):
    """The least or the greatest number went, and what is it now stands in no checksum."""


def _end(
    end: Any,  # noqa: ANN401 # min or max, whose types are more than one
    before: float | None,
    gone: float | None,
    new: float | None,
) -> float | None:
    known = [value for value in (before, new) if value is not None]
    if not known:
        return None
    now: float = end(known)
    if gone is not None and end(gone, now) == gone and now != new:
        raise _UnknownError
    return now


def _ten_digits(value: float | str | None) -> float | str | None:
    return float(f"{value:.10g}") if isinstance(value, float) else value
