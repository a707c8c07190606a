"""The session of work that is done within this process, in a JVM as runs start it."""

from __future__ import annotations

import os
import shlex
from functools import cache
from typing import TYPE_CHECKING

from aml_pipelines.execution.jvm.start import jvm_command
from environments.spark.java_home import java_home
from spark_jobs.session import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@cache
def bench_session() -> SparkSession:
    """Start the JVM of this process, or return its session."""
    _, *options = jvm_command(memory="4g", master="local[*]", java=java_home())
    os.environ["PYSPARK_SUBMIT_ARGS"] = shlex.join(options)
    return spark_session("bench")
