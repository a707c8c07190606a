"""Tables that are brought up to date by what differs are those of a build from nothing."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from conf.columns import ROW_HASH
from conf.dataset_learning import SPLITS
from spark_jobs import step_state
from spark_jobs.split import split_features
from tests.contracts import contract_of
from tests.integration.arriving import held, run_steps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset
    from spark_jobs.receipt import Checksum

pytestmark = pytest.mark.spark

COLUMNS = """
    sources: {arriving: {path: raw/*.csv, format: csv}}
    columns:
      trip: {type: int, required: true}
      day: {type: date}
      km: {type: double, max: 100}
      took: {type: int}
      end: {type: timestamp}
    key: [trip]
    deleted_when: took < 0
    max_quarantined: 1.0
    label: {name: is_late, expression: took > 15}
"""
CONTRACTS = {
    "by key": contract_of(
        f"{COLUMNS}    split: {{by: key, train: 0.5, validation: 0.3, test: 0.2}}\n"
    ),
    "by time": contract_of(
        f"{COLUMNS}    split: {{by: time, column: day, train: 2024-01-01, validation: 2024-01-11, "
        "test: 2024-01-21, end: 2024-01-28}\n"
    ),
}
# `make chaos` makes up other weeks too.
SEEDS = range(10 if "GENERATED_CASES" in os.environ else 1)
HEAD = "trip,day,km,took,end\n"
FIRST = HEAD + "".join(
    f"{trip},2024-01-{trip % 28 + 1:02},{trip}.25,{trip},2024-01-01 10:00:{trip % 60:02}\n"
    for trip in range(60)
)


def arrive(folder: Path, number: int, text: str) -> None:
    file = folder / "raw" / f"{number}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (number, number))


def made_up(random: Random) -> str:
    """Return a file of trips: some new, some known that may move to another day, some broken."""
    lines = []
    for _ in range(random.randrange(8, 16)):
        known, new = random.randrange(60), random.randrange(60, 90)
        trip = random.choice([known, known, known, new, new, "x"])
        day = random.choice([f"2024-01-{random.randrange(1, 32):02}", ""])
        km = random.choice([0.1 * random.randrange(1000), 99.99, 0, "", 999])
        took = random.choice([random.randrange(30), random.randrange(30), "", -1])
        lines.append(f"{trip},{day},{km},{took},2024-01-01 10:00:00\n")
    return HEAD + "".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("way", CONTRACTS)
def test_days_that_arrive_one_by_one_leave_what_they_leave_at_once(
    spark: SparkSession, tmp_path: Path, way: str, seed: int
) -> None:
    random, contract = Random(seed), CONTRACTS[way]  # noqa: S311 # no secret
    apart, together = tmp_path / "apart", tmp_path / "together"
    for number, text in enumerate([FIRST, *(made_up(random) for _ in range(4))]):
        for folder in (apart, together):
            arrive(folder, number, text)
        if number != 2:  # two files at once, too
            run_steps(spark, str(apart), until="split", contract=contract)
    run_steps(spark, str(together), until="split", contract=contract)
    assert held(spark, str(apart)) == held(spark, str(together))
    assert published(spark, apart, contract) == published(spark, together, contract)


def published(
    spark: SparkSession, folder: Path, contract: Dataset
) -> Mapping[str, tuple[Checksum, int, int, Mapping[str, int]]]:
    """Return what splits are registered by: their checksums, and their rows here and set aside."""
    built = step_state.load(spark, str(folder), "build_features", contract.name)
    assert built
    features = built.tables["features"]
    splits = split_features(spark, features, contract, lake_uri=str(folder))
    return {
        part: (
            # A hash of a row has its id, which tells what arrived together with it.
            {name: told for name, told in each.checksum.items() if name != ROW_HASH},
            *(each.rows_in, each.rows_out, each.set_aside),
        )
        for part, each in splits.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "split"),
    [("by key", 90), ("by time", 87)],  # three trips are of a day outside all splits
)
def test_a_day_of_new_keys_reads_no_file_of_the_days_before(
    spark: SparkSession, tmp_path: Path, way: str, split: int
) -> None:
    contract = CONTRACTS[way]
    arrive(tmp_path, 0, FIRST)
    run_steps(spark, str(tmp_path), until="split", contract=contract)
    for place in ("gold/trips/features", *(f"gold/trips/{part}" for part in SPLITS)):
        for file in (tmp_path / place).glob("*.parquet"):
            file.write_bytes(bytes(file.stat().st_size))
    new = "".join(f"{trip},2024-01-{trip % 28 + 1},1,20,\n" for trip in range(60, 90))
    arrive(tmp_path, 1, HEAD + new)
    run_steps(spark, str(tmp_path), until="split", contract=contract)
    rows = {part: told[2] for part, told in published(spark, tmp_path, contract).items()}
    assert sum(rows.values()) == split
