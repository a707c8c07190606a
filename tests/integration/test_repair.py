"""A repaired copy stands in for its quarantined original, once, with an audit row.

One lake goes through it all: each step costs seconds of Spark.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from spark_jobs.clean import clean_dataset
from spark_jobs.delta_log import LakeError
from spark_jobs.ingest import ARRIVAL_ORDER, ingest_source
from spark_jobs.raw.errors import SourceError
from spark_jobs.repair import Repair, repair_rows
from spark_jobs.withdrawal import withdraw_file
from tests.contracts import contract_of
from tests.delta_logs import commits
from tests.integration.firm import Firm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
    sources: {history: {path: raw/*.csv, format: csv}}
    columns:
      trip: {type: int, required: true}
      km: {type: double, source: [distance]}
      took: {type: int}
    key: [trip]
    missing_columns: "null"
    max_quarantined: 0.5
""")
HEAD, COPIED = "trip,distance\n", "_row_id,trip,km,took\n"
MONDAY = f"{HEAD}1,9.5\n2,3\nx,7\n4,far\n"
BRONZE, AUDIT = "bronze/trips/rows", "quarantine/trips/repaired"
QUARANTINE, VALID = "quarantine/trips/rows", "silver/trips/valid"
PLACES = (VALID, "silver/trips/duplicates", QUARANTINE, AUDIT)


@dataclass(frozen=True)
class Trips:
    """A lake of trips, whose files arrive, are cleaned, and repaired by Ada."""

    spark: SparkSession
    folder: Path

    def arrive(self, name: str, text: str) -> None:
        file = self.folder / "raw" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def clean(self) -> dict[str, TableReceipt]:
        uri = str(self.folder)
        came = ingest_source(self.spark, TRIPS, lake_uri=uri, source="history", as_of=ARRIVAL_ORDER)
        ids = came.ingestion_ids
        return dict(clean_dataset(self.spark, came.table, TRIPS, lake_uri=uri, arrived=ids).tables)

    def repair(self, text: str, *, name: str = "a.csv", as_of: str = ARRIVAL_ORDER) -> Repair:
        file = self.folder / "repaired" / "trips" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        where = f"repaired/trips/{name}"
        return repair_rows(
            self.spark, TRIPS, where, lake_uri=str(self.folder), by="Ada", as_of=as_of
        )

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        rows = self.spark.read.format("delta").load(f"{self.folder}/{table}").select(*columns)
        return sorted((tuple(row) for row in rows.collect()), key=str)

    def held(self) -> dict[str, list[tuple[Any, ...]]]:
        return {place: self.rows(place, "*") for place in PLACES}

    def commits(self) -> dict[str, int]:
        return {place: len(commits(f"{self.folder}/{place}")) for place in (BRONZE, *PLACES)}

    def quarantined(self) -> dict[str, str]:
        """Return the ids of quarantined rows by their texts of the column trip."""
        rows = self.rows(QUARANTINE, "original", "_row_id")
        return {json.loads(original)["trip"]: row_id for original, row_id in rows}


@pytest.fixture(scope="module")
def trips(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Trips:
    """Return a lake with two valid trips and two broken ones, of which one has no key."""
    trips = Trips(spark, tmp_path_factory.mktemp("trips"))
    trips.arrive("monday.csv", MONDAY)
    trips.clean()
    return trips


@dataclass
class Story:
    """What was seen of a lake, step by step."""

    ids: Mapping[str, str]
    copy_of_4: str = ""
    seen: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def story(trips: Trips) -> Story:
    """Repair, clean, repeat, repair the copy that is still broken, judge all anew, withdraw."""
    story = Story(trips.quarantined())
    text = f"{COPIED}{story.ids['x']},3,7,8\n{story.ids['4']},4,still far,9\n"
    seen = story.seen
    seen["first"] = trips.repair(text, as_of="2026-01-31T09:00:00+01:00")
    seen["again"] = trips.repair(text)
    seen["cleaned"] = trips.clean()["valid"]
    seen["valid"] = trips.rows(VALID, "trip", "km", "took")
    seen["audit"] = trips.rows(AUDIT, *_TOLD)
    seen["commits"] = trips.commits()
    seen["once more"] = trips.repair(text, name="b.csv")
    trips.clean()
    seen["commits after"] = trips.commits()
    story.copy_of_4 = trips.quarantined()["4"]
    with pytest.raises(SourceError) as refused:
        trips.repair(f"{COPIED}{story.ids['4']},4,1.5,9\n", name="c.csv")
    seen["refused"] = str(refused.value)
    copy = {"_row_id": story.copy_of_4, "trip": 4, "km": 1.5, "broken_rules": ["km_is_a_double"]}
    trips.repair(f"{json.dumps(copy)}\n", name="d.jsonl")
    trips.arrive("tuesday.csv", f"{HEAD}3,33\n4,44\n5,55\n")
    seen["cleaned later"] = trips.clean()["valid"]
    seen["later"] = trips.held()
    (trips.folder / "done" / "trips" / "clean.json").unlink()
    trips.clean()
    seen["judged anew"] = trips.held()
    seen["outcomes"] = trips.rows(AUDIT, "_row_id", "outcome", "repaired")
    seen["valid later"] = trips.rows(VALID, "trip", "km")
    withdraw_file(
        *(trips.spark, TRIPS, "raw/monday.csv"),
        lake_uri=str(trips.folder),
        reason="asked to",
        erase=False,
    )
    seen["left"] = {place: trips.rows(place, "trip") for place in (BRONZE, VALID)}
    seen["audit left"] = trips.rows(AUDIT, "_row_id")
    return story


_TOLD = (
    *("_row_id", "_source_file", "broken_rules", "original", "repaired"),
    *("repair_file", "repaired_by", "repaired_as_of", "outcome", "still_broken"),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nowhere-7,1,1,1\n", "row nowhere-7 is no row of bronze; nothing was written"),
        ("{valid},1,1,1\n", "row .* is not quarantined; nothing was written"),
        ("{x},1,1,1\n{x},2,2,2\n", "several rows repair .*-.*; one row repairs one"),
        (",1,1,1\n", "a row has no _row_id"),
        ('{x},"1,1,1\n', "is no record of its format; nothing was written"),
    ],
)
def test_a_row_that_names_no_quarantined_one_is_refused(trips: Trips, text: str, said: str) -> None:
    valid, *_ = trips.rows(VALID, "_row_id")[0]
    stated = text.replace("{x}", trips.quarantined()["x"]).replace("{valid}", valid)
    trips.spark.catalog.clearCache()  # of what other tests have left in this JVM
    with pytest.raises(SourceError, match=said):
        trips.repair(f"{COPIED}{stated}", name="refused.csv")
    # Spark would answer from what it keeps once the file is corrected.
    assert trips.spark._jsparkSession.sharedState().cacheManager().isEmpty()  # noqa: SLF001 # PySpark cannot tell
    assert len(commits(f"{trips.folder}/{BRONZE}")) == 1


@pytest.mark.slow
def test_what_is_no_file_of_rows_is_refused(trips: Trips) -> None:
    with pytest.raises(SourceError, match=r"a.xlsx: ends in none of \['csv', 'jsonl'\]"):
        trips.repair("", name="a.xlsx")
    with pytest.raises(SourceError, match=r"columns \['_row_id'\] are missing"):
        trips.repair("trip,km,took\n1,1,1\n", name="refused.csv")
    uri = str(trips.folder)
    with pytest.raises(SourceError, match=r"none.csv: there is no such file in "):
        repair_rows(trips.spark, TRIPS, "none.csv", lake_uri=uri, by="Ada", as_of=ARRIVAL_ORDER)


@pytest.mark.slow
def test_a_dataset_that_was_never_cleaned_has_nothing_to_repair(
    spark: SparkSession, tmp_path: Path
) -> None:
    with pytest.raises(LakeError, match="has no quarantined rows yet; clean it first: python -m"):
        Trips(spark, tmp_path).repair("_row_id\n1\n")


@pytest.mark.slow
def test_a_repaired_copy_stands_in_for_its_original(story: Story) -> None:
    assert story.seen["first"] == Repair("repaired/trips/a.csv", 2, 0)
    assert story.seen["valid"] == [(1, 9.5, None), (2, 3.0, None), (3, 7.0, 8)]
    # bronze keeps the originals, and every row is accounted for
    valid = story.seen["cleaned"]
    assert (valid.rows_in, valid.rows_out) == (6, 3)
    assert valid.set_aside == {"quarantined": 1, "duplicate": 0, "repaired": 2}


@pytest.mark.slow
def test_each_repair_has_an_audit_row(story: Story) -> None:
    who = ("repaired/trips/a.csv", "Ada", "2026-01-31T08:00:00Z")
    assert story.seen["audit"] == sorted(
        [
            (
                *(story.ids["x"], "raw/monday.csv", ["trip_is_a_int"]),
                *('{"trip":"x","km":"7"}', '{"trip":"3","km":"7","took":"8"}'),
                *(*who, "valid", None),
            ),
            (
                *(story.ids["4"], "raw/monday.csv", ["km_is_a_double"]),
                *('{"trip":"4","km":"far"}', '{"trip":"4","km":"still far","took":"9"}'),
                *(*who, "quarantined", ["km_is_a_double"]),
            ),
        ],
        key=str,
    )


@pytest.mark.slow
def test_the_same_repair_again_writes_nothing(story: Story) -> None:
    assert story.seen["again"] == Repair("repaired/trips/a.csv", 0, 2)
    assert story.seen["once more"] == Repair("repaired/trips/b.csv", 0, 2)
    assert story.seen["commits after"] == story.seen["commits"]


@pytest.mark.slow
def test_a_copy_that_is_still_broken_is_repaired_by_its_own_id(story: Story) -> None:
    original, copy = story.ids["4"], story.copy_of_4
    said = f"row {original} was repaired before; {copy} stands in its place"
    assert said in story.seen["refused"]
    outcomes = {row_id: rest for row_id, *rest in story.seen["outcomes"]}
    assert outcomes[original] == ["repaired", '{"trip":"4","km":"still far","took":"9"}']
    assert outcomes[copy] == ["duplicate", '{"trip":"4","km":"1.5"}']
    valid = story.seen["cleaned later"]
    assert (valid.rows_in, valid.rows_out) == (10, 5)
    assert valid.set_aside == {"quarantined": 0, "duplicate": 2, "repaired": 3}


@pytest.mark.slow
def test_a_copy_has_the_place_of_its_original_in_time(story: Story) -> None:
    expected = [(1, 9.5), (2, 3.0), (3, 33.0), (4, 44.0), (5, 55.0)]  # what came later wins
    assert story.seen["valid later"] == expected


@pytest.mark.slow
def test_all_rows_judged_anew_come_to_the_same(story: Story) -> None:
    assert story.seen["judged anew"] == story.seen["later"]


@pytest.mark.slow
def test_a_withdrawn_file_takes_the_repairs_of_its_rows_with_it(story: Story) -> None:
    assert story.seen["left"] == {
        BRONZE: [("3",), ("4",), ("5",)],
        VALID: [(3,), (4,), (5,)],
    }
    assert story.seen["audit left"] == []


@pytest.mark.slow
def test_a_repair_is_a_commit_that_says_who(story: Story, trips: Trips) -> None:
    assert story.seen["first"].new
    told = commits(f"{trips.folder}/{BRONZE}")[1]["commitInfo"][0]["userMetadata"]
    who = {"file": "repaired/trips/a.csv", "by": "Ada", "as_of": "2026-01-31T08:00:00Z"}
    assert json.loads(told) == {"step": "repair", **who}


@pytest.mark.slow
def test_a_repaired_row_is_scored_and_refused_no_more(spark: SparkSession, tmp_path: Path) -> None:
    firm, lake = Firm(spark, tmp_path), Trips(spark, tmp_path)
    firm.arrive("batch/friday.csv", "trip,km\n7,1\n8,1\n9,far\n?,2\n")
    firm.score("run 1", {7: 0.7, 8: 0.8})
    assert [trip for trip, _ in firm.rejected()] == [9, None]
    ids = lake.quarantined()
    lake.repair(f"_row_id,trip,km\n{ids['9']},9,2\n{ids['?']},10,2\n")
    again = firm.score("run 2", {7: 0.1, 8: 0.1, 9: 0.9, 10: 0.5})
    of_first, of_second = [(7, 0.7, "run 1"), (8, 0.8, "run 1")], [(9, 0.9, "run 2")]
    assert firm.scores() == [*of_first, *of_second, (10, 0.5, "run 2")]
    assert firm.rejected() == [(None, "repaired"), (None, "repaired")]
    assert (again["scores"].rows_in, again["scores"].rows_out) == (6, 4)
