"""Spark's own standalone cluster on this machine: a master, and workers that know nothing of it."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from aml_pipelines.processes import LOOPBACK, Child
from environments.spark.java_home import java_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
LISTENS = re.compile(r"Starting Spark master at (spark://\S+)")
REGISTERED = re.compile(r"Successfully registered with master (\S+)")
STARTS_WITHIN = 60
# Options of a driver: 200 partitions of each shuffle take minutes on the cores of one machine.
OF_FEW_CORES = (
    "-Dspark.sql.shuffle.partitions=4 -Dspark.databricks.delta.snapshotPartitions=1 "
    "-Dspark.locality.wait=0"
)


@contextmanager
def standalone_cluster(folder: Path, *, workers: int = 2) -> Iterator[str]:
    """Run a master and workers of one core each on loopback; returns the master's address.

    Workers have PySpark and the packages of this environment, and neither this repository nor the
    variables of this process. They work below `folder`.
    """
    of_worker = ("--cores", "1", "--memory", "1g", "--webui-port", "0")
    with ExitStack() as running:
        master = _started(running, folder / "master", MASTER, "--port", "0", "--webui-port", "0")
        address = _said(master, LISTENS)
        for number in range(workers):
            own = folder / f"worker-{number}"
            where = ("--work-dir", str(own))
            worker = _started(running, own, WORKER, *of_worker, *where, address)
            _said(worker, REGISTERED)
        yield address


def _started(running: ExitStack, folder: Path, main: str, *words: str) -> Child:
    folder.mkdir(parents=True)
    spec = find_spec("pyspark")
    assert spec
    assert spec.submodule_search_locations
    home = spec.submodule_search_locations[0]
    java = java_home()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "JAVA_HOME": str(java),
        "SPARK_HOME": home,
        "SPARK_SCALA_VERSION": "2.12",  # else a worker looks for the folder that Spark is built in
        "SPARK_LOCAL_IP": LOOPBACK,
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [str(java / "bin" / "java"), "-Xmx512m", "-cp", f"{home}/jars/*", main]
    child = Child(
        [*command, "--host", LOOPBACK, *words],
        folder=folder,
        environment=environment,
        log=folder / "log",
    )
    running.callback(child.end)
    return child


def _said(child: Child, line: re.Pattern[str]) -> str:
    """Wait until a process has written such a line to its log; returns what it names."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and child.is_running:
        if found := line.search(child.log.read_text("utf-8", errors="replace")):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"did not start:\n{child.log.read_text('utf-8', errors='replace')}")
