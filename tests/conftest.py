"""One Spark for all tests that need one: small, on loopback, with the Java that Spark nodes use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from environments.spark.java_home import java_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    from spark_jobs.session import spark_session  # noqa: PLC0415 # tests without Spark start fast

    confs = [word for item in SETTINGS.items() for word in ("--conf", "=".join(item))]
    submit = ["--master local[2]", "--driver-memory 2g", *confs, "pyspark-shell"]
    with pytest.MonkeyPatch.context() as environment:  # the JVM's alone: later jobs have their own
        environment.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        environment.setenv("JAVA_HOME", str(java_home()))
        environment.setenv("PYSPARK_SUBMIT_ARGS", " ".join(submit))
        session = spark_session("tests")
    yield session
    session.stop()
