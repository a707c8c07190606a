"""Outcomes arrive after their batch was scored: they win, they train, and scores stay."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from spark_jobs import lake
from tests.integration.firm import Firm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark


@pytest.fixture
def firm(spark: SparkSession, tmp_path: Path) -> Firm:
    return Firm(spark, tmp_path)


def took(firm: Firm, tables: Mapping[str, TableReceipt]) -> dict[int, int | None]:
    rows = lake.read_table(firm.spark, tables["valid"]).collect()
    return {row["trip"]: row["took"] for row in rows}


@pytest.mark.slow
def test_a_scored_row_keeps_its_score_when_its_outcome_arrives(firm: Firm) -> None:
    firm.arrive("batch/monday.csv", "trip,km\n1,9.5\n2,3\n")
    firm.score("run 1", {1: 0.9, 2: 0.2})
    firm.arrive("history/monday.csv", "trip,km,took\n1,9.5,20\n2,3,5\n")
    _, tables = firm.clean("history")
    assert took(firm, tables) == {1: 20, 2: 5}
    again = firm.score("run 2", {1: 0.1, 2: 0.1})
    assert firm.scores() == [(1, 0.9, "run 1"), (2, 0.2, "run 1")]
    assert firm.rejected() == []
    assert (again["scores"].rows_in, again["scores"].rows_out) == (2, 2)


@pytest.mark.slow
def test_of_a_batch_row_that_is_there_twice_the_same_one_is_scored_when_its_outcome_arrives(
    firm: Firm,
) -> None:
    firm.arrive("batch/monday.csv", "trip,km\n1,9.5\n1,9.5\n")
    firm.arrive("batch/tuesday.csv", "trip,km\n1,9.5\n")
    firm.score("run 1", {1: 0.9})
    uri = f"{firm.folder}/gold/trips/scores"
    first = firm.spark.read.format("delta").load(uri).collect()
    firm.arrive("history/monday.csv", "trip,km,took\n1,9.5,20\n")
    firm.score("run 2", {1: 0.1})
    firm.clean("history")
    firm.score("run 3", {1: 0.1})
    assert firm.spark.read.format("delta").load(uri).collect() == first
    assert firm.rejected() == [(1, "duplicate"), (1, "duplicate")]


@pytest.mark.slow
def test_what_arrives_later_wins_though_nobody_states_a_date(firm: Firm) -> None:
    firm.arrive("history/z.csv", "trip,km,took\n1,9.5,20\n")
    firm.clean("history")
    firm.arrive("history/a.csv", "trip,km,took\n1,9.5,7\n")
    os.utime(firm.folder / "raw/history/a.csv", (0, 0))
    _, tables = firm.clean("history")
    assert took(firm, tables) == {1: 7}


@pytest.mark.slow
def test_a_row_whose_outcome_is_known_does_not_lose_to_a_later_one_without(firm: Firm) -> None:
    firm.arrive("history/monday.csv", "trip,km,took\n1,9.5,20\n")
    firm.clean("history")
    firm.arrive("batch/monday.csv", "trip,km\n1,8.0\n")
    _, tables = firm.clean("batch")
    assert took(firm, tables) == {1: 20}
    firm.score("run 1", {1: 0.9})
    assert firm.scores() == [(1, 0.9, "run 1")]


@pytest.mark.slow
def test_a_row_that_was_rejected_is_no_longer_once_its_trip_has_a_score(firm: Firm) -> None:
    firm.arrive("batch/monday.csv", "trip,km\n1,far\n2,3\n3,4\n")
    firm.score("run 1", {2: 0.2, 3: None})
    assert firm.rejected() == [(1, "km_is_a_double"), (3, "model_gave_no_score")]
    firm.arrive("batch/monday.csv", "trip,km\n1,9.5\n2,3\n3,5\n4,far\n")
    firm.score("run 2", {1: 0.9, 2: 0.1, 3: 0.3})
    assert firm.scores() == [(1, 0.9, "run 2"), (2, 0.2, "run 1"), (3, 0.3, "run 2")]
    assert firm.rejected() == [(4, "km_is_a_double")]
