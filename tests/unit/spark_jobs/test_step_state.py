"""A step's state is taken when it is whole, and is as good as none when it was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs import step_state
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
