"""The warm JVM that this project's Spark nodes share, and the settings of a node's own JVM."""

from __future__ import annotations

import os
import shlex
import struct
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.pipeline.kinds.spark import spark_code
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.read_component import read_snapshot
from aml_pipelines.pipeline.snapshot import snapshot_files, snapshot_hash
from aml_pipelines.pipeline.yaml_lines import read_fields
from aml_pipelines.processes import LOOPBACK, Child
from aml_pipelines.repository import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.spec import Component

_START_SECONDS = 60
_SIZES = (
    "spark.driver.cores",
    "spark.driver.memory",
    "spark.executor.",
    "spark.dynamicAllocation.",
)
_FIXED_AT_START = ("spark.jars", "spark.submit.", "spark.driver.extra", "spark.driver.defaultJava")
_QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
# Spark generates methods over 8000 bytecodes, which the JIT leaves to the interpreter unless told.
_JAVA_OPTIONS = "-XX:+UseParallelGC -XX:-UsePerfData -XX:-DontCompileHugeMethods"


class JvmError(NodeFailedError):
    """The shared JVM did not start."""


def memory(component: Component) -> str:
    return spark_code(component).conf.get("spark.driver.memory", "1g")


def shares_jvm(component: Component, warm_memory: str) -> bool:
    """Return whether a Spark component can run in the shared JVM."""
    spark = spark_code(component)
    is_ours = component.place.file.is_relative_to(COMPONENTS) or _has_own_code(component)
    brings_files = spark.jars or spark.py_files or spark.files or spark.archives
    is_fixed = any(key.startswith(_FIXED_AT_START) for key in spark.conf)
    return is_ours and not brings_files and not is_fixed and memory(component) == warm_memory


def _has_own_code(component: Component) -> bool:
    """Return whether the code is that of a component of this repository, wherever it is now."""
    return snapshot_hash(snapshot_files(component.snapshot)) in _spark_snapshots(COMPONENTS)


# The same few components are asked for by every node of every plan.
@cache
def _spark_snapshots(components: Path) -> frozenset[str]:
    specs = [read_fields(file, Problems()) for file in components.glob("*/component.yml")]
    return frozenset(
        snapshot_hash(snapshot_files(read_snapshot(spec)))
        for spec in specs
        if spec.text("type") == "spark"
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
    spark = spark_code(component)
    conf = _QUIET | dict(spark.conf)
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
        **java_environment(),
        "PYSPARK_SUBMIT_ARGS": submit,
        # spark-submit has them on the path from the start; a session alone would add them later.
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(map(_importable, spark.py_files))),
    }


def _importable(py_file: str) -> str:
    """Return what must be on the path for a file of a snapshot to be imported from."""
    return py_file if py_file.endswith((".zip", ".egg")) else str(Path(py_file).parent)


@dataclass(frozen=True)
class _Running:
    child: Child
    port: int
    secret: str
    java: Mapping[str, str]
    gateway: Any  # py4j's client has no type hints


class WarmJvm:
    """A JVM that starts in the background and serves one Spark node at a time."""

    def __init__(
        self, *, memory: str, master: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.memory = memory
        self._environment = environment
        self._folder = folder
        self._log = folder / "log.txt"
        self._master = master
        # It starts in a thread: planning goes on, and the first Spark node waits for the rest.
        self._threads = ThreadPoolExecutor(max_workers=1)
        self._running: Future[_Running] = self._threads.submit(self._start)

    @contextmanager
    def prepared(self, conf: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """Set the JVM up for one node with its `conf`; yield the variables by which it is found."""
        running = self._running.result()
        if not running.child.is_running:
            raise JvmError(f"had no JVM: the shared one has ended; see {self._log}")
        system = running.gateway.jvm.java.lang.System
        # Sizes are fixed when a JVM starts; `shares_jvm` has compared the one that matters.
        settings = {key: value for key, value in conf.items() if not key.startswith(_SIZES)}
        before = {key: system.getProperty(key) for key in settings}
        for key, value in settings.items():
            system.setProperty(key, value)
        try:
            yield {
                **running.java,
                "PYSPARK_GATEWAY_PORT": str(running.port),
                "PYSPARK_GATEWAY_SECRET": running.secret,
            }
        finally:
            if running.child.is_running:
                _stop_left_over(running.gateway)
                for key, value in before.items():
                    system.clearProperty(key) if value is None else system.setProperty(key, value)

    def stop(self) -> None:
        """End the JVM, also when it is only just starting."""
        error = self._running.exception()
        if error is None:
            self._running.result().child.end()
        self._threads.shutdown()

    def _start(self) -> _Running:
        self._folder.mkdir(parents=True, exist_ok=True)
        java = java_environment()
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder, "gateway")
            environment = {**os.environ, **java, **self._environment}
            # PySpark's own way for a launched JVM to tell port and secret.
            environment["_PYSPARK_DRIVER_CONN_INFO_PATH"] = str(answer)
            child = Child(
                self._command(), folder=self._folder, environment=environment, log=self._log
            )
            port, secret = self._await(child, answer)
        return _Running(child, port, secret, java, _connect(port, secret))

    def _command(self) -> list[str]:
        spec = find_spec("pyspark")  # found, not imported: planning must not wait for it
        if spec is None or not spec.submodule_search_locations:
            raise JvmError("pyspark is not installed in this environment; run make setup")
        settings = {**_QUIET, "spark.master": self._master}
        conf = [f"--conf={key}={value}" for key, value in settings.items()]
        return [
            str(Path(spec.submodule_search_locations[0], "bin", "spark-submit")),
            *conf,
            f"--driver-memory={self.memory}",
            f"--driver-java-options={_JAVA_OPTIONS}",
            "pyspark-shell",
        ]

    def _await(self, child: Child, answer: Path) -> tuple[int, str]:
        deadline = time.monotonic() + _START_SECONDS
        while not answer.is_file() and child.is_running and time.monotonic() < deadline:
            time.sleep(0.02)
        if not answer.is_file():
            child.end()
            raise JvmError(f"had no JVM: the shared one did not start; see {self._log}")
        content = answer.read_bytes()
        port, length = struct.unpack("!ii", content[:8])
        return port, content[8 : 8 + length].decode()


def _connect(port: int, secret: str) -> Any:  # noqa: ANN401 # py4j's client has no type hints
    from py4j.clientserver import (  # noqa: PLC0415 # planning must not wait for it
        ClientServer,
        JavaParameters,
        PythonParameters,
    )

    return ClientServer(
        java_parameters=JavaParameters(port=port, auth_token=secret, auto_convert=True),
        python_parameters=PythonParameters(port=0, eager_load=False),
    )


def _stop_left_over(gateway: Any) -> None:  # noqa: ANN401 # same
    """Stop a SparkContext that a script left running: the next script could not start one."""
    companion = getattr(getattr(gateway.jvm.org.apache.spark, "SparkContext$"), "MODULE$")
    context = companion.getActive()
    if context.isDefined():
        context.get().stop()
    sessions = gateway.jvm.org.apache.spark.sql.SparkSession
    sessions.clearDefaultSession()
    sessions.clearActiveSession()
