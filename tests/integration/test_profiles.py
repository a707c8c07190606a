"""The table of profiles follows the lake: changed days are profiled again, and nothing else is."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from conf.model import Candidate, Gate, Model
from conf.monitor import Monitor, load_monitor
from spark_jobs.clean import clean_dataset
from spark_jobs.features import build_features
from spark_jobs.ingest import ingest_source
from spark_jobs.lake import create_once
from spark_jobs.monitoring.profiles import Profiled, profile_dataset
from spark_jobs.monitoring.watching import WatchError
from spark_jobs.split import split_features
from tests.contracts import contract_of
from tests.delta_logs import operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

RIDES = contract_of(
    """
    sources: {arriving: {path: raw/*.csv, format: csv}}
    columns:
      ride: {type: int, required: true}
      on: {type: date}
      km: {type: double, max: 100}
      city: {type: string}
      took: {type: int}
    key: [ride]
    event_time: "on"
    label: {name: is_late, expression: took > 15}
    split: {by: key, train: 0.6, validation: 0.2, test: 0.2}
    """.replace("      on:", '      "on":'),
    name="rides",
)
MODEL = Model(
    name="rides_late",
    dataset="rides",
    task="classification",
    numeric=("km",),
    categorical=("city",),
    boolean=(),
    date=(),
    text=(),
    candidates=(Candidate("one", "sklearn.dummy.DummyClassifier", {}),),
    metric="roc_auc",
    threshold=0.25,
    positive=None,
    classes=(),
    class_weights=None,
    gate=Gate(0.5, 0.0, 0.95, 100, 0.1, 10),
    slices=("city",),
    seed=1,
)
MONDAY = dt.date(2024, 1, 1)
HEAD = "ride,on,km,city,took\n"
MONITOR: Monitor = load_monitor("rides")


class Rides:
    """A lake of rides, and its tables as the pipelines leave them."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.folder, self.uri = spark, folder, str(folder)
        self.scores: TableReceipt | None = None
        (folder / "raw").mkdir()

    def arrive(self, name: str, lines: str, *, on: dt.date = MONDAY) -> None:
        file = self.folder / "raw" / f"{name}.csv"
        file.write_text(HEAD + lines)
        moment = dt.datetime.combine(on, dt.time(12), dt.UTC).timestamp()
        os.utime(file, (moment, moment))

    def score(self, scores: list[tuple[Any, ...]]) -> None:
        schema = "ride int, score double, class int, model_name string, model_version string"
        rows = self.spark.createDataFrame(scores, schema)
        uri = f"{self.uri}/gold/rides/scores"
        self.scores = create_once(rows, uri, record={}, rows_in=len(scores))

    def profile(self, model: Model = MODEL, monitor: Monitor = MONITOR) -> Profiled:
        spark, uri = self.spark, self.uri
        bronze = ingest_source(spark, RIDES, lake_uri=uri, source="arriving", as_of="arrival").table
        cleaned = clean_dataset(spark, bronze, RIDES, lake_uri=uri).tables
        features = build_features(spark, {"rides": cleaned["valid"]}, RIDES, lake_uri=uri)
        if not hasattr(self, "train"):  # the champion's release stays what it was
            self.train = split_features(spark, features, RIDES, lake_uri=uri)["train"]
        tables = {
            "bronze": bronze,
            "quarantine": cleaned["quarantine"],
            "features": features,
            "train": self.train,
            **({"scores": self.scores} if self.scores else {}),
        }
        return profile_dataset(
            spark, tables, RIDES, model, monitor, model_version="1", lake_uri=uri
        )

    def profiles(self, *told: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return columns of profiles, by day, slice and column."""
        rows = self.spark.read.format("delta").load(f"{self.uri}/gold/rides/profiles")
        kept = rows.withColumn("distinct", F.hll_sketch_estimate("distinct")).collect()
        return {(r["day"], r["slice"], r["column"]): tuple(r[n] for n in told) for r in kept}


@pytest.fixture
def rides(spark: SparkSession, tmp_path: Path) -> Rides:
    lake = Rides(spark, tmp_path)
    lake.arrive(
        "monday",
        "".join(f"{n},2024-01-01,{n},{'Ulm' if n % 2 else 'Bonn'},{n}\n" for n in range(20))
        + "90,2024-01-01,999,Ulm,1\n91,,1,Ulm,1\n",
    )
    return lake


def test_each_row_is_in_the_profile_of_its_day_or_has_none(rides: Rides) -> None:
    rides.arrive("tuesday", "30,2024-01-02,5,Ulm,\n31,2024-01-02,,Rom,\n", on=dt.date(2024, 1, 9))
    profiled = rides.profile()
    tuesday = MONDAY + dt.timedelta(1)
    assert profiled.days == 2
    assert (profiled.profiles.rows_in, profiled.profiles.rows_out) == (23, 22)
    assert profiled.profiles.set_aside == {"no_day": 1}
    found = rides.profiles("kind", "rows", "nulls", "distinct", "total", "bins")
    assert found[MONDAY, "all", "rows"] == ("rows", 20, 0, None, None, [20, 0])
    assert found[tuesday, "all", "rows"] == ("rows", 2, 0, None, None, [0, 2])  # a week late
    assert found[MONDAY, "all", "km"][:5] == ("number", 20, 0, 20, 190.0)
    assert found[tuesday, "all", "km"][:5] == ("number", 2, 1, 1, 5.0)
    assert found[tuesday, "city=other", "km"][:5] == ("number", 1, 1, None, 0.0)
    assert found[MONDAY, "all", "is_late"] == ("text", 20, 0, 2, None, [16, 4, 0])
    assert found[tuesday, "all", "is_late"] == ("text", 2, 2, 0, None, [0, 0, 0])
    # Of arrivals: what came on a day, whichever day it stands for, and what broke which rule.
    assert found[MONDAY, "all", "arrived"] == ("arrivals", 22, 0, None, None, [1])
    assert found[MONDAY, "all", "km_is_in_range"][5] == [1]
    assert found[dt.date(2024, 1, 9), "all", "arrived"][1] == 2


@pytest.mark.slow
def test_scores_are_profiled_with_outcomes_and_in_a_slice_of_their_own(rides: Rides) -> None:
    rides.score(
        [
            (1, 0.1, 0, "rides_late", "1"),
            (2, 0.9, 1, "rides_late", "1"),
            (18, 0.75, 1, "rides_late", "1"),
            (3, 0.5, 1, "rides_late", "2"),  # another version's
        ]
    )
    rides.profile()
    found = rides.profiles("rows", "nulls", "total")
    assert found[MONDAY, "scored", "rows"][0] == 3
    assert found[MONDAY, "scored", "km"] == (3, 0, 21.0)
    assert found[MONDAY, "all", "score"] == (20, 17, 1.75)
    assert found[MONDAY, "scored", "score_of_positive"] == (3, 2, 0.75)
    assert found[MONDAY, "scored", "score_of_negative"] == (3, 1, 1.0)
    assert found[MONDAY, "scored", "hit"] == (3, 0, 2.0)


@pytest.mark.slow
def test_only_days_that_changed_are_profiled_again(rides: Rides) -> None:
    table = f"{rides.uri}/gold/rides/profiles"
    rides.arrive("tuesday", "30,2024-01-02,5,Ulm,3\n")
    assert rides.profile().days == 2
    assert operations(table) == ["WRITE"]
    assert rides.profile().days == 0
    assert operations(table) == ["WRITE"]
    rides.arrive("wednesday", "30,2024-01-03,6,Ulm,3\n31,2024-01-03,7,Ulm,3\n")  # 30 moves
    again = rides.profile()
    assert again.days == 2  # Tuesday lost its only row
    tuesday, wednesday = (MONDAY + dt.timedelta(n) for n in (1, 2))
    found = rides.profiles("rows", "total")
    assert found[wednesday, "all", "km"] == (2, 13.0)
    assert found[MONDAY, "all", "km"] == (20, 190.0)
    assert not [key for key in found if key[0] == tuesday]
    assert again.profiles.rows_out == 22
    assert rides.profile().days == 0


@pytest.mark.slow
def test_the_reference_tells_the_days_that_training_spans(rides: Rides) -> None:
    rides.arrive("friday", "".join(f"{n},2024-01-05,{n},Ulm,{n}\n" for n in range(40, 60)))
    rides.profile()
    table = rides.spark.read.format("delta").load(f"{rides.uri}/gold/rides/references")
    told = table.where("column = 'rows'").select("slice", "minimum", "maximum").collect()
    since_1970 = [float((day - dt.date(1970, 1, 1)).days) for day in (MONDAY, dt.date(2024, 1, 5))]
    assert {row["slice"]: [row["minimum"], row["maximum"]] for row in told} == {
        "all": since_1970,
        **{part: [None, None] for part in ("city=Bonn", "city=Ulm")},
    }


@pytest.mark.slow
def test_models_of_one_dataset_have_profiles_of_their_own(rides: Rides) -> None:
    rides.profile()
    other = replace(MODEL, name="rides_other", numeric=(), slices=())
    assert rides.profile(other).days == 1
    rows = rides.spark.read.format("delta").load(f"{rides.uri}/gold/rides/profiles")
    counts = rows.where("day is not null").groupBy("model_name").count().collect()
    assert {row["model_name"] for row in counts} == {"rides_late", "rides_other"}
    assert rides.profile().days == 0


def test_a_slice_that_is_no_text_is_refused(rides: Rides) -> None:
    with pytest.raises(WatchError, match=r"conf/monitors/rides.yml: slices names \['km'\]; .*city"):
        rides.profile(monitor=replace(MONITOR, slices=("km",)))
