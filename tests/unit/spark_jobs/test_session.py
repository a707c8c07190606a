"""A session on one machine is small, unless a component says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs.session import INTERPRETED, fit_to_rows, map_in_sessions, spark_session

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


def test_a_platform_that_passes_over_lost_files_does_not_do_so_for_steps(
    spark: SparkSession,
) -> None:
    names = ["spark.sql.files.ignoreMissingFiles", "spark.sql.files.ignoreCorruptFiles"]
    for name in names:
        spark.conf.set(name, "true")
    assert [spark_session("tests").conf.get(name) for name in names] == ["false", "false"]


@pytest.mark.parametrize(("stated", "used"), [(None, "8000"), ("9000", "9000")])
def test_spark_generates_no_method_that_a_jvm_leaves_to_its_interpreter(
    spark: SparkSession, stated: str | None, used: str
) -> None:
    name = "spark.sql.codegen.hugeMethodLimit"
    before = spark.conf.get(name)
    spark.conf.unset(name) if stated is None else spark.conf.set(name, stated)
    assert spark_session("tests").conf.get(name) == used
    spark.conf.set(name, str(before))


@pytest.mark.parametrize(
    ("rows", "interprets"), [(0, True), (20_000, True), (20_001, False), (None, False)]
)
def test_plans_over_few_rows_are_interpreted(
    spark: SparkSession, rows: int | None, *, interprets: bool
) -> None:
    session = spark.newSession()
    for name in INTERPRETED:
        session.conf.unset(name)  # tests start Spark with it
    fit_to_rows(session, rows)
    stated = {name: session.conf.get(name, None) for name in INTERPRETED}
    assert stated == (INTERPRETED if interprets else dict.fromkeys(INTERPRETED))


def test_a_component_may_have_plans_over_few_rows_compiled(spark: SparkSession) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.codegen.wholeStage", "true")
    fit_to_rows(session, 1)
    assert session.conf.get("spark.sql.codegen.wholeStage") == "true"
