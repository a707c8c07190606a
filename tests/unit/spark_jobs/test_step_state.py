"""A step's state is taken when it is whole, and is as good as none when it was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs import lake, step_state
from spark_jobs.delta_log import LakeError, table_state
from spark_jobs.fingerprint import version_of
from spark_jobs.step_state import StepState

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

STATE = StepState({"rules": "a1b2"}, {})


@pytest.mark.parametrize("with_checksum", [True, False])
def test_a_state_that_lost_its_end_is_none(
    spark: SparkSession, tmp_path: Path, *, with_checksum: bool
) -> None:
    lake = str(tmp_path)
    assert step_state.load(spark, lake, "clean", "trips") is None
    step_state.save(spark, lake, "clean", "trips", STATE)
    assert step_state.load(spark, lake, "clean", "trips") == STATE

    file = tmp_path / "done" / "trips" / "clean.json"
    whole = file.read_text()
    file.write_text(whole[: len(whole) // 2])
    checksum = file.with_name(f".{file.name}.crc")
    assert checksum.is_file(), "Hadoop's own, which a machine may have synced without the file"
    if not with_checksum:
        checksum.unlink()
    assert step_state.load(spark, lake, "clean", "trips") is None

    step_state.save(spark, lake, "clean", "trips", STATE)
    assert step_state.load(spark, lake, "clean", "trips") == STATE


def test_a_later_version_is_refused_unless_it_was_taken_back(
    spark: SparkSession, tmp_path: Path
) -> None:
    uri, rows = str(tmp_path / "bronze"), spark.range(2)
    first = lake.create_once(rows, uri, record={}, rows_in=2)
    lake.append_after(rows, uri, table_state(spark, uri), record={})
    later = StepState({"bronze": version_of(lake.receipt_of(spark, uri))}, {})
    facts, uris = {"bronze": version_of(first)}, {"bronze": uri, "of others": uri}

    step_state.refuse_earlier(spark, None, facts, uris, step="clean", dataset="trips")
    step_state.refuse_earlier(spark, later, later.facts, uris, step="clean", dataset="trips")
    with pytest.raises(LakeError, match="a later run has done it with version 1 of bronze, and"):
        step_state.refuse_earlier(spark, later, facts, uris, step="clean", dataset="trips")

    for name in (f"{1:020}.json", f".{1:020}.json.crc"):
        (tmp_path / "bronze" / "_delta_log" / name).unlink()
    step_state.refuse_earlier(spark, later, facts, uris, step="clean", dataset="trips")
