"""Cast the columns of a published table, or of a request, to the types that a model takes."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

# MLflow's names of numbers; it refuses a column of a wider type, and of int64 where double is due.
NUMBERS = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32"}
INTEGERS = ("long", "integer")
# The days that pandas' nanoseconds reach; what is beyond counts as the last of them.
FIRST_DAY, LAST_DAY = "1677-09-22", "2262-04-11"


class RowsError(ValueError):
    """Rows lack columns that the model needs, or hold what it cannot take there."""


def typed(values: pd.Series, kind: str) -> pd.Series:
    """Cast a column to MLflow's type `kind`, however a table or a request stores it.

    Numbers are float64 (null is NaN) or the integer that is asked for, texts are str or None, and
    moments are datetime64[ns] in UTC without a zone. Any other kind stays as it is. Raises
    RowsError naming a column that holds something else.
    """
    if kind in NUMBERS:
        return _numbers(values, kind)
    if kind == "datetime":
        return _moments(values)
    return _texts(values) if kind == "string" else values


def _numbers(values: pd.Series, kind: str) -> pd.Series:
    try:
        numbers = values.astype(NUMBERS[kind])
        # pandas would cut 1.5 to 1, and wrap a number that is too large.
        is_changed = kind in INTEGERS and bool((values.astype("float64") != numbers).any())
    except (TypeError, ValueError) as error:
        raise RowsError(f"column {values.name!r} holds what is no number: {error}") from error
    if is_changed:
        raise RowsError(f"column {values.name!r} holds what is no {kind}; the model needs one")
    return numbers


def _texts(values: pd.Series) -> pd.Series:
    texts = values.astype("object")
    return texts.where(texts.notna(), None).map(_text, na_action="ignore")


def _text(value: object) -> str:
    """Write a value as Spark's cast to text does.

    A whole number among nulls is floating point to pandas: 7 and 7.0 must be one category.
    """
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _moments(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        moments = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    elif values.dtype.kind == "M":
        moments = values.to_numpy()
    else:
        moments = np.array([_moment(value, values.name) for value in values], "datetime64[us]")
    moments = moments.astype("datetime64[us]")
    within = np.clip(moments, np.datetime64(FIRST_DAY, "us"), np.datetime64(LAST_DAY, "us"))
    return pd.Series(within.astype("datetime64[ns]"), index=values.index, name=values.name)


def _moment(value: object, column: object) -> dt.date | None:
    """Return a day, or a moment in UTC without a zone."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            value = repr(value)
    if isinstance(value, dt.datetime) and value.tzinfo:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    if isinstance(value, dt.date):
        return value
    raise RowsError(
        f"column {column!r} holds {value}, which is no day or moment as ISO 8601 writes it, such "
        "as 2024-01-31 or 2024-01-31T08:00:00Z"
    )
