"""Levels and rules over more than a row, in the lake: what is written, said and repeated."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from conf.document import ConfError
from spark_jobs import lake
from spark_jobs.clean import Cleaned, clean_dataset, clean_datasets
from spark_jobs.ingest import ingest_source
from spark_jobs.quality import QualityError
from spark_jobs.receipt import Receipt, name_tables
from tests.contracts import contract_of
from tests.delta_logs import operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

pytestmark = pytest.mark.spark

TRIPS = """
sources: {history: {path: raw/*.csv, format: csv}}
columns:
  trip: {type: int, required: true}
  fare: {type: double, max: 100}
key: [trip]
"""
WARNING = TRIPS + "rules: {is_cheap: {expression: fare < 8, level: warn}}\n"


def clean(
    spark: SparkSession, folder: Path, contract: Dataset, *, as_of: str = "2024-01-31"
) -> Cleaned:
    bronze = ingest_source(spark, contract, lake_uri=str(folder), source="history", as_of=as_of)
    return clean_dataset(
        spark, bronze.table, contract, lake_uri=str(folder), arrived=bronze.ingestion_ids
    )


def put(folder: Path, lines: str, *, name: str = "1.csv") -> None:
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw" / name).write_text(f"trip,fare\n{lines}")


def trips_of(spark: SparkSession, cleaned: Cleaned, table: str) -> set[int]:
    rows = lake.read_table(spark, cleaned.tables[table]).select("trip").collect()
    return {row["trip"] for row in rows}


def test_warnings_stand_in_a_table_and_on_the_headline_and_their_rows_are_valid(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "1,9\n2,5\n3,200\n4,7\n4,8\n")
    cleaned = clean(spark, tmp_path, contract_of(WARNING))
    assert (cleaned.warnings, cleaned.broken_rules) == (
        {"is_cheap": 2},
        {"fare_is_in_range": 1, "is_cheap": 1},
    )
    assert cleaned.headline == (
        "3 rows valid, {'quarantined': 1, 'duplicate': 1} set aside, warnings {'is_cheap': 2}"
    )
    assert [f.sentence for f in cleaned.findings] == ["rule 'is_cheap': 2 of 3 rows break it"]
    warnings = lake.read_table(spark, cleaned.tables["warnings"])
    expected = spark.createDataFrame(
        [
            (1, ["is_cheap"], '{"trip":"1","fare":"9"}', "raw/1.csv"),
            (4, ["is_cheap"], '{"trip":"4","fare":"8"}', "raw/1.csv"),
        ],
        "trip int, broken_rules array<string>, original string, _source_file string",
    )
    actual = warnings.select("trip", "broken_rules", "original", "_source_file")
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
    assert cleaned.tables["warnings"].uri == f"{tmp_path}/quarantine/trips/warnings"


@pytest.mark.slow
def test_warnings_come_and_go_with_rows_and_rules_and_a_second_run_commits_nothing(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of(WARNING)
    uri = f"{tmp_path}/quarantine/trips/warnings"
    put(tmp_path, "1,9\n2,5\n3,5\n")
    assert trips_of(spark, clean(spark, tmp_path, contract), "warnings") == {1}
    put(tmp_path, "1,4\n2,9\n", name="2.csv")
    later = clean(spark, tmp_path, contract, as_of="2024-02-29")
    assert trips_of(spark, later, "warnings") == {2}
    before = operations(uri)
    assert clean(spark, tmp_path, contract) == later
    shutil.rmtree(tmp_path / "done")  # as if the run had been killed before its end
    assert clean(spark, tmp_path, contract) == later
    assert operations(uri) == before
    strict = clean(
        spark, tmp_path, contract_of(WARNING.replace("level: warn", "level: quarantine"))
    )
    assert (trips_of(spark, strict, "warnings"), strict.warnings) == (set(), {})
    assert trips_of(spark, strict, "quarantine") == {1, 2}
    assert trips_of(spark, strict, "valid") == {1, 2, 3}  # the older row of trip 2 is back
    assert trips_of(spark, clean(spark, tmp_path, contract), "warnings") == {2}


def test_more_rows_that_break_a_rule_than_its_level_tolerates_fail_the_step_after_it_has_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "1,9\n2,5\n3,7\n4,3\n")
    text = TRIPS + "rules: {is_cheap: {expression: fare < 8, level: fail, tolerance: %s}}\n"
    tolerant = clean(spark, tmp_path, contract_of(text % 0.25))
    assert (trips_of(spark, tolerant, "valid"), tolerant.warnings) == ({2, 3, 4}, {})
    for _ in range(2):  # the second run finds it done, and fails all the same
        with pytest.raises(QualityError) as refused:
            clean(spark, tmp_path, contract_of(text % 0.2))
        assert str(refused.value).startswith(
            "dataset 'trips': rule 'is_cheap': 1 of 4 rows break it; 0.2 is tolerated; nothing was "
            "taken away. See the rows of raw/1.csv with: python -m aml_pipelines try trips "
        )
    put(tmp_path, "2,5\n")  # what the file had before is not held against it
    assert trips_of(spark, clean(spark, tmp_path, contract_of(text % 0.2)), "quarantine") == {1}


MEASURES = """
event_time: seen
table_rules:
  many: {measure: row_count, min: 5}
  dear: {measure: share, of: fare > 4, min: 0.75}
  total: {measure: sum, of: trip, max: 9}
  fair: {measure: mean, of: fare, min: 1, max: 5, level: warn}
  each: {measure: row_count, max: 1, by: [city], level: warn}
  fresh: {measure: freshness_hours, max: 24, level: warn}
  one: {unique: [city, fare], level: warn}
"""


def measured(text: str) -> Dataset:
    columns = (
        "  city: {type: string}\n  seen: {type: timestamp}\nkey: [trip]\nmissing_columns: 'null'"
    )
    return contract_of(TRIPS.replace("key: [trip]", columns) + text)


def test_measures_of_all_valid_rows_and_of_groups_warn_or_fail(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "1.csv").write_text(
        "trip,fare,city,seen\n1,2,Ulm,2024-01-30\n2,4,Ulm,2024-01-29\n3,8,Aix,\n4,8,Aix,\n"
        "5,900,Aix,2024-01-31\n"
    )
    with pytest.raises(QualityError) as refused:
        clean(spark, tmp_path, measured(MEASURES), as_of="2024-01-31T12:00:00Z")
    assert str(refused.value).startswith(
        "dataset 'trips': rule 'many': row_count is 4 (min 5); "
        "rule 'dear': share of 'fare > 4' is 0.5 (min 0.75); "
        "rule 'total': sum of 'trip' is 10 (max 9); "
        "nothing was taken away. "
    )
    warning = MEASURES.replace("max: 9}", "max: 9, level: warn}")
    tolerated = warning.replace("min: 5", "min: 4").replace("min: 0.75", "min: 0.5")
    cleaned = clean(spark, tmp_path, measured(tolerated))
    assert cleaned.warnings == {"one": 1, "total": 1, "fair": 1, "each": 2, "fresh": 1}
    said = {f.rule: f.text for f in cleaned.findings if f.warns}
    assert said == {
        "one": "1 of 4 rows break it",
        "total": "sum of 'trip' is 10 (max 9)",
        "fair": "mean of 'fare' is 5.5 (min 1, max 5)",
        "each": "row_count is city 'Aix' 2, city 'Ulm' 2 (max 1), in 2 of 2 groups",
        "fresh": "freshness_hours is 36 (max 24)",
    }
    written = {table: operations(receipt.uri) for table, receipt in cleaned.tables.items()}
    assert clean(spark, tmp_path, measured(tolerated)) == cleaned
    assert {table: operations(receipt.uri) for table, receipt in cleaned.tables.items()} == written


@pytest.mark.slow
def test_what_cannot_be_measured_is_not_within_limits(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "1,\n2,\n")
    rules = """
event_time: seen
table_rules:
  fair: {measure: mean, of: fare, min: 1, level: warn}
  total: {measure: sum, of: "if(trip > 0, 9223372036854775807L, 0L)", max: 1, level: warn}
  fresh: {measure: freshness_hours, max: 1, level: warn}
"""
    cleaned = clean(spark, tmp_path, measured(rules))
    assert {f.rule: f.text for f in cleaned.findings if f.warns} == {
        "fair": "mean of 'fare' is not known (min 1)",
        "total": "sum of 'if(trip > 0, 9223372036854775807L, 0L)' is not known (max 1)",
        "fresh": "freshness_hours is not known (max 1)",
    }


UNIQUE = TRIPS + "newest_by: [trip]\ntable_rules: {one_fare: {unique: [fare]}}\n"


@pytest.mark.slow
def test_rows_that_repeat_unique_values_are_as_if_all_files_had_come_together(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of(UNIQUE)
    files = ["1,5\n2,6\n3,x\n", "4,5\n5,7\n", "5,6\n1,5\n"]
    apart, together = tmp_path / "apart", tmp_path / "together"
    for folder in (apart, together):
        folder.mkdir()
    for place, lines in enumerate(files):
        for folder in (apart, together):
            put(folder, lines, name=f"{place}.csv")
        by_and_by = clean(spark, apart, contract)
    for cleaned in (by_and_by, clean(spark, together, contract)):
        assert cleaned.tables["valid"].set_aside == {"quarantined": 3, "duplicate": 2}
        assert trips_of(spark, cleaned, "valid") == {4, 5}
        assert cleaned.broken_rules == {"fare_is_a_double": 1, "one_fare": 2}
    taken_back = clean(spark, apart, contract_of(UNIQUE.partition("table_rules")[0]))
    assert trips_of(spark, taken_back, "valid") == {1, 2, 4, 5}
    commits = [operations(receipt.uri) for receipt in taken_back.tables.values()]
    again = clean(spark, apart, contract)
    assert trips_of(spark, again, "valid") == {4, 5}
    assert again.broken_rules == by_and_by.broken_rules
    back = clean(spark, apart, contract_of(UNIQUE.partition("table_rules")[0]))
    assert trips_of(spark, back, "valid") == {1, 2, 4, 5}
    assert [len(operations(r.uri)) for r in back.tables.values()] > [len(c) for c in commits]


CITIES = """
sources: {history: {path: cities/*.csv, format: csv}}
columns: {name: {type: string, required: true}}
key: [name]
"""
RIDES = """
sources: {history: {path: rides/*.csv, format: csv}}
related: [cities]
columns: {ride: {type: int, required: true}, city: {type: string}}
key: [ride]
table_rules:
  known: {foreign_key: {columns: [city], dataset: cities, references: [name]}%s}
"""


class Lake:
    """A lake of rides and of the cities that they refer to."""

    def __init__(self, spark: SparkSession, folder: Path, *, level: str = "") -> None:
        self.spark, self.folder = spark, folder
        self.contracts = {
            "rides": contract_of(RIDES % level, name="rides"),
            "cities": contract_of(CITIES, name="cities"),
        }

    def put(self, dataset: str, lines: str) -> None:
        folder = self.folder / dataset
        folder.mkdir(exist_ok=True)
        header = "ride,city" if dataset == "rides" else "name"
        file = folder / f"{len(list(folder.iterdir()))}.csv"
        file.write_text(f"{header}\n{lines}")

    def clean(self) -> dict[str, Cleaned]:
        arrived = {
            name: ingest_source(
                self.spark, contract, lake_uri=str(self.folder), source="history", as_of="arrival"
            )
            for name, contract in self.contracts.items()
        }
        tables = {
            key: table
            for name, ingestion in arrived.items()
            for key, table in name_tables(name, {"bronze": ingestion.table}).items()
        }
        ids = {name: ingestion.ingestion_ids for name, ingestion in arrived.items()}
        receipt = Receipt("ingest", "rides", "", tables, ingestion_ids=ids)
        return clean_datasets(self.spark, receipt, self.contracts, lake_uri=str(self.folder))

    def rides(self, cleaned: dict[str, Cleaned], table: str) -> set[int]:
        rows = lake.read_table(self.spark, cleaned["rides"].tables[table]).collect()
        return {row["ride"] for row in rows}


@pytest.mark.slow
def test_a_row_is_judged_again_when_what_it_refers_to_arrives(
    spark: SparkSession, tmp_path: Path
) -> None:
    world = Lake(spark, tmp_path)
    world.put("cities", "Ulm\n")
    world.put("rides", "1,Ulm\n2,Aix\n3,\n4,Ulm\n")
    cleaned = world.clean()
    assert world.rides(cleaned, "valid") == {1, 3, 4}
    assert cleaned["rides"].broken_rules == {"known": 1}
    assert world.clean() == cleaned
    world.put("cities", "Aix\n")
    arrived = world.clean()
    assert world.rides(arrived, "valid") == {1, 2, 3, 4}
    assert world.rides(arrived, "quarantine") == set()
    written = [operations(receipt.uri) for receipt in arrived["rides"].tables.values()]
    assert world.clean() == arrived
    assert [operations(receipt.uri) for receipt in arrived["rides"].tables.values()] == written


@pytest.mark.slow
def test_foreign_keys_that_warn_or_fail_leave_rows_valid(
    spark: SparkSession, tmp_path: Path
) -> None:
    world = Lake(spark, tmp_path, level=", level: warn")
    world.put("cities", "Ulm\n")
    world.put("rides", "1,Ulm\n2,Aix\n3,\n")
    cleaned = world.clean()
    assert world.rides(cleaned, "valid") == {1, 2, 3}
    assert (cleaned["rides"].warnings, cleaned["cities"].warnings) == ({"known": 1}, {})
    failing = Lake(spark, tmp_path, level=", level: fail, tolerance: 0.3")
    with pytest.raises(QualityError, match=r"rule 'known': 1 of 3 rows break it; 0\.3 is"):
        failing.clean()


def test_a_contract_that_spark_does_not_take_is_refused_before_anything_is_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "1,9\n")
    contract = contract_of(r"""
sources: {history: {path: raw/*.csv, format: csv}}
columns:
  trip: {type: int, required: true}
  fare: {type: string, pattern: 'a**'}
key: [trip]
rules: {counted: {expression: "abs(trip, 1) = 1", level: warn}}
table_rules:
  odd: {measure: share, of: "if(trip > 1, 1, 2)", min: 0.5}
""")
    with pytest.raises(ConfError) as refused:
        clean(spark, tmp_path, contract)
    told = [problem.removeprefix("conf/datasets/trips.yml: ") for problem in refused.value.problems]
    assert [problem.partition(": [")[0] for problem in told] == [
        "rules: 'counted'",
        "columns: 'fare'",
    ]
    assert not (tmp_path / "silver").exists()


def test_a_measure_is_of_what_it_measures(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "1,9\n")
    rules = """
event_time: fare
table_rules:
  odd: {measure: share, of: "if(trip > 1, 1, 2)", min: 0.5}
  texts: {measure: sum, of: city, min: 1}
  times: {measure: mean, of: seen, min: 1}
  fresh: {measure: freshness_hours, max: 1}
  fine: {measure: sum, of: "cast(fare as decimal(10,2))", min: 1}
"""
    with pytest.raises(ConfError) as refused:
        clean(spark, tmp_path, measured(rules))
    told = [problem.removeprefix("conf/datasets/trips.yml: ") for problem in refused.value.problems]
    assert told == [
        "table_rules: 'odd': is a int, not a condition",
        "table_rules: 'texts': is a string, not a number",
        "table_rules: 'times': is a timestamp, not a number",
        "table_rules: 'fresh': is a double, not a day or a moment",
    ]
