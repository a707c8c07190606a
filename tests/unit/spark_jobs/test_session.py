"""A session on one machine is small, unless a component says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs.session import map_in_sessions

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def setting_of(session: SparkSession, name: str) -> str | None:
    return session.conf.get(name)


def test_what_the_conf_of_a_component_says_wins_over_the_settings_of_a_small_machine(
    spark: SparkSession,
) -> None:
    # Tests start Spark with 1 shuffle partition, as a component's conf would; 4 is the small one.
    names = ["spark.sql.shuffle.partitions", "spark.databricks.delta.snapshotPartitions"]
    assert map_in_sessions(spark, names, setting_of) == ["1", "1"]
