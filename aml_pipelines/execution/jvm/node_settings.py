"""Which Spark nodes share the warm JVM, and the settings of a JVM of a node's own."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.jvm.start import QUIET
from aml_pipelines.execution.own_code import is_own_code
from aml_pipelines.pipeline.kinds.spark import spark_code
from aml_pipelines.processes import LOOPBACK
from environments.spark.class_archive import archive_options

if TYPE_CHECKING:
    from aml_pipelines.pipeline.spec import Component

_JAVA_OPTIONS = "spark.driver.defaultJavaOptions"
_FIXED_AT_START = ("spark.jars", "spark.submit.", "spark.driver.extra", "spark.driver.defaultJava")


def memory(component: Component) -> str:
    return spark_code(component).conf.get("spark.driver.memory", "1g")


def shares_jvm(component: Component, warm_memory: str) -> bool:
    """Return whether a Spark component can run in the shared JVM."""
    spark = spark_code(component)
    brings_files = spark.jars or spark.py_files or spark.files or spark.archives
    is_fixed = any(key.startswith(_FIXED_AT_START) for key in spark.conf)
    return (
        is_own_code(component)
        and not brings_files
        and not is_fixed
        and memory(component) == warm_memory
    )


def java_environment() -> dict[str, str]:
    """Return the variables that every Spark process on this machine needs."""
    from environments.spark.java_home import java_home  # noqa: PLC0415 # asks java for its version

    return {
        "JAVA_HOME": str(java_home()),
        "SPARK_LOCAL_IP": LOOPBACK,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }


def own_jvm_environment(component: Component, master: str) -> dict[str, str]:
    """Return the variables with which a node's Python starts a JVM with its component's conf."""
    spark, java = spark_code(component), java_environment()
    archive = " ".join(archive_options(Path(java["JAVA_HOME"])))
    # Options of Java that a component states come after these.
    conf = QUIET | ({_JAVA_OPTIONS: archive} if archive else {}) | dict(spark.conf)
    options = ["--master", master]
    for key, value in conf.items():
        options += ["--conf", f"{key}={value}"]
    lists = {
        "--jars": spark.jars,
        "--py-files": spark.py_files,
        "--files": spark.files,
        "--archives": spark.archives,
    }
    for option, items in lists.items():
        if items:
            options += [option, ",".join(items)]
    submit = shlex.join([*options, "pyspark-shell"])
    return {
        **java,
        "PYSPARK_SUBMIT_ARGS": submit,
        # spark-submit has them on the path from the start; a session alone would add them later.
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(map(_importable, spark.py_files))),
    }


def _importable(py_file: str) -> str:
    """Return what must be on the path for a file of a snapshot to be imported from."""
    return py_file if py_file.endswith((".zip", ".egg")) else str(Path(py_file).parent)
