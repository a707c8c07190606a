"""A year of made-up rides, a fault planted in its last week, and what of it is judged."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from conf.model import Candidate, Gate, Model
from conf.monitor import load_monitor
from learning.gate import Interval
from monitoring.column_summary import ColumnBins, ColumnSummary, Watching
from monitoring.health import judge_health
from monitoring.performance import Performance
from monitoring.tested import summarise_numbers, summarise_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conf.monitor import Monitor
    from monitoring.finding import Health

    Fault = Callable[[pd.DataFrame], pd.DataFrame]

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2024, 12, 29)  # a Monday, a Sunday
TRAINING_ENDS = dt.date(2024, 6, 30)
MONITOR: Monitor = load_monitor("rides")
NUMBERS = ("km", "seats", "score")
TEXTS = ("carrier", "is_late")
MODEL = Model(
    name="rides_late",
    dataset="rides",
    task="classification",
    numeric=("km", "seats"),
    categorical=("carrier",),
    boolean=(),
    date=(),
    text=(),
    candidates=(Candidate("one", "sklearn.dummy.DummyClassifier", {}),),
    metric="roc_auc",
    threshold=0.5,
    positive=None,
    classes=(),
    class_weights=None,
    gate=Gate(0.5, 0.0, 0.95, 100, 0.1, 10),
    slices=("carrier",),
    seed=1,
)


def a_year(seed: int = 3, *, weekday_rows: int = 300, weekend_rows: int = 150) -> pd.DataFrame:
    """Return rides of each day of a year, of one distribution throughout."""
    draws = np.random.default_rng(seed)
    days = [FIRST + dt.timedelta(n) for n in range((LAST - FIRST).days + 1)]
    sizes = [
        int(draws.poisson(weekend_rows if day.weekday() >= 5 else weekday_rows)) for day in days
    ]
    size = sum(sizes)
    score = draws.beta(2, 5, size)
    return pd.DataFrame(
        {
            "day": np.repeat(np.array(days, dtype="object"), sizes),
            "km": draws.gamma(4, 250, size),
            "seats": np.where(draws.random(size) < 0.03, np.nan, draws.choice([2, 4, 6], size)),
            "carrier": draws.choice(["AA", "B6", "UA", "HA"], size, p=[0.2, 0.4, 0.385, 0.015]),
            "score": score,
            "is_late": np.where(draws.random(size) < score, "1", "0"),
        }
    )


def last_week(rows: pd.DataFrame, fault: Fault) -> pd.DataFrame:
    """Plant a fault in the last seven days."""
    is_last = rows["day"] > LAST - dt.timedelta(7)
    return pd.concat([rows[~is_last], fault(rows[is_last].copy())], ignore_index=True)


def judged(
    rows: pd.DataFrame,
    *,
    monitor: Monitor = MONITOR,
    as_of: dt.date | None = None,
    sliced_by: str = "",
) -> Health:
    """Judge the last week of rows against their first half year, and their past."""
    silent = Performance("roc_auc", Interval(0.7, 0.6, 0.8), {}, {}, {}, None, None)
    return judge_health(
        watching(rows, monitor=monitor, sliced_by=sliced_by),
        silent,
        MODEL,
        monitor,
        model_version="1",
        label="is_late",
        as_of=as_of,
        importance={"km": 0.2, "carrier": 0.1, "seats": 0.0},
    )


def kinds(health: Health) -> set[tuple[str, str | None]]:
    return {(each.kind, each.column) for each in health.findings}


def watching(rows: pd.DataFrame, *, monitor: Monitor = MONITOR, sliced_by: str = "") -> Watching:
    train = rows[rows["day"] <= TRAINING_ENDS]
    bins = {
        **{name: ColumnBins(quantiles(train[name]), ()) for name in NUMBERS},
        **{name: ColumnBins((), tuple(sorted(train[name].unique()))) for name in TEXTS},
        "rows": ColumnBins((), ()),
    }
    last = rows["day"].max()
    age = (pd.Timestamp(last) - rows["day"].astype("datetime64[ns]")).dt.days.to_numpy()
    numbers = age // monitor.period_days
    periods = {
        int(number): summaries(rows[numbers == number], bins, sliced_by, ("all", "scored"))
        for number in range(int(numbers.max()))
    }
    ends = {n: last - dt.timedelta(monitor.period_days * n) for n in periods}
    reference = summaries(train, bins, sliced_by, ("all",))
    first, newest = (
        (day - dt.date(1970, 1, 1)).days for day in (train["day"].min(), train["day"].max())
    )
    reference["all", "rows"] = replace(reference["all", "rows"], minimum=first, maximum=newest)
    return Watching(reference, bins, periods, ends, by_day(rows))


def summaries(
    rows: pd.DataFrame, bins: Mapping[str, ColumnBins], sliced_by: str, wholes: tuple[str, ...]
) -> dict[tuple[str, str], ColumnSummary]:
    parts = dict.fromkeys(wholes, rows)
    if sliced_by:
        parts |= {f"{sliced_by}={value}": of for value, of in rows.groupby(sliced_by)}
    return {(part, n): each for part, of in parts.items() for n, each in columns(of, bins).items()}


def columns(rows: pd.DataFrame, bins: Mapping[str, ColumnBins]) -> dict[str, ColumnSummary]:
    numbers = {n: summarise_numbers(rows[n].to_numpy("float64"), bins[n]) for n in NUMBERS}
    texts = {name: summarise_texts(rows[name], bins[name]) for name in TEXTS}
    count = ColumnSummary("rows", len(rows), 0, np.array([float(len(rows)), 0.0]))
    return {**numbers, **texts, "rows": count}


def by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each day's rows, and the nulls of each column."""
    told = []
    for day, of_day in rows.groupby("day"):
        size = len(of_day)
        told.append((day, "rows", "rows", size, 0, [size, 0]))
        told += [(day, n, "number", size, int(of_day[n].isna().sum()), []) for n in NUMBERS]
        told += [(day, n, "text", size, int(of_day[n].isna().sum()), []) for n in TEXTS]
    return pd.DataFrame(told, columns=["day", "column", "kind", "rows", "nulls", "bins"])


def quantiles(values: pd.Series) -> tuple[float, ...]:
    found = np.unique(np.nanquantile(values.to_numpy("float64"), np.arange(1, 10) / 10))
    return (float(np.nextafter(found[0], -np.inf)), *map(float, found))


def with_holiday(monitor: Monitor, *days: dt.date) -> Monitor:
    return replace(monitor, holidays=days)
