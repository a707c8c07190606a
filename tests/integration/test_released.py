"""A row that leaves the quarantine by a changed contract has an audit row, whatever breaks off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs import lake
from spark_jobs.clean import clean_dataset
from spark_jobs.delta_log import table_exists
from spark_jobs.ingest import ARRIVAL_ORDER, ingest_source
from spark_jobs.withdrawal import withdraw_file
from tests.contracts import contract_of
from tests.delta_logs import commits
from tests.integration.firm import Firm

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def trips(longest: int) -> str:
    return f"""
    sources: {{history: {{path: raw/history/*.csv, format: csv}}}}
    columns:
      trip: {{type: int, required: true}}
      km: {{type: double, max: {longest}}}
    key: [trip]
    label: {{name: is_far, expression: km > 15}}
    max_quarantined: 1
    """


STRICT, WIDE = contract_of(trips(10)), contract_of(trips(50))
AUDIT = "quarantine/trips/released"


def test_rows_that_a_wider_rule_lets_through_are_told_once_whatever_breaks_off(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Firm(spark, tmp_path, STRICT).arrive("history/monday.csv", "trip,km\n1,9.5\n2,30\nx,20\n3,40\n")
    clean(spark, tmp_path, STRICT)
    assert not table_exists(spark, f"{tmp_path}/{AUDIT}")
    real = lake.sync_table

    def break_off(rows: object, uri: str, **named: object) -> object:
        if uri.endswith("silver/trips/valid"):  # after the quarantine
            raise OSError("no space")
        return real(rows, uri, **named)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr("spark_jobs.lake.sync_table", break_off)
    with pytest.raises(OSError, match="no space"):
        clean(spark, tmp_path, WIDE)
    monkeypatch.undo()
    clean(spark, tmp_path, WIDE)
    (tmp_path / "done" / "trips" / "clean.json").unlink()
    clean(spark, tmp_path, WIDE)

    rule, file = ["km_is_in_range"], "raw/history/monday.csv"
    audit = spark.read.format("delta").load(f"{tmp_path}/{AUDIT}")
    told = audit.select("_source_file", "broken_rules", "original", "outcome").collect()
    assert sorted(map(tuple, told), key=str) == [
        (file, rule, '{"trip":"2","km":"30"}', "valid"),
        (file, rule, '{"trip":"3","km":"40"}', "valid"),
    ]
    assert len(commits(f"{tmp_path}/{AUDIT}")) == 1
    withdraw_file(spark, WIDE, file, lake_uri=str(tmp_path), reason="asked to", erase=False)
    assert spark.read.format("delta").load(f"{tmp_path}/{AUDIT}").isEmpty()


def clean(spark: SparkSession, folder: Path, contract: Dataset) -> None:
    uri = str(folder)
    came = ingest_source(spark, contract, lake_uri=uri, source="history", as_of=ARRIVAL_ORDER)
    clean_dataset(spark, came.table, contract, lake_uri=uri)
