"""Starts a JVM for Spark as PySpark does, but without PySpark's imports."""

from __future__ import annotations

import os
import struct
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.processes import Child
from environments.spark import class_archive
from environments.spark.class_archive import archive_options

if TYPE_CHECKING:
    from collections.abc import Mapping

QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
_START_SECONDS = 60
_LOOK_SECONDS = 0.02
# Spark generates methods over 8000 bytecodes, which the JIT leaves to the interpreter unless told.
# A JVM that has many runs compiles much: without room for it, it ends in the middle of a stage.
_JAVA_OPTIONS = (
    "-XX:+UseParallelGC -XX:-UsePerfData -XX:-DontCompileHugeMethods -XX:ReservedCodeCacheSize=512m"
)
# Of what C2 compiled for more than 50 ms each in a first run, 60 % was Spark's compilers, parsers
# and serializers, which a run needs once.
_DIRECTIVES = Path(class_archive.__file__).with_name("compiler_directives.json")
_COMPILER = (
    "-XX:+UnlockDiagnosticVMOptions -XX:CompileCommand=quiet "
    f'"-XX:CompilerDirectivesFile={_DIRECTIVES}"'
)
# What a JVM may have of this process's variables. It may outlive the run that starts it.
_INHERITED = ("PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_INHERITED_FAMILIES = ("LC_", "JAVA_", "JDK_", "SPARK_", "HADOOP_")


class JvmError(NodeFailedError):
    """The shared JVM did not start."""


@dataclass(frozen=True)
class StartedJvm:
    """A JVM that listens: `port` and `secret` are those of its gateway."""

    child: Child
    port: int
    secret: str


def jvm_command(*, memory: str, master: str, java: Path) -> list[str]:
    """Return the command of a JVM of a Java home; raises JvmError where there is no PySpark."""
    spec = find_spec("pyspark")  # found, not imported: planning must not wait for it
    if spec is None or not spec.submodule_search_locations:
        raise JvmError("pyspark is not installed in this environment; run make setup")
    settings = {**QUIET, "spark.master": master}
    return [
        str(Path(spec.submodule_search_locations[0], "bin", "spark-submit")),
        *(f"--conf={key}={value}" for key, value in settings.items()),
        f"--driver-memory={memory}",
        f"--driver-java-options={' '.join([_JAVA_OPTIONS, _COMPILER, *archive_options(java)])}",
        "pyspark-shell",
    ]


def jvm_environment(added: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a JVM: what starts a program on this machine, and those `added`."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or name.startswith(_INHERITED_FAMILIES)
    }
    return {**inherited, **added}


def start_jvm(
    command: list[str], environment: Mapping[str, str], *, folder: Path, log: Path
) -> StartedJvm:
    """Start a JVM that works in `folder`, and wait until it listens; raises JvmError if not."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as answers:
        answer = Path(answers, "gateway")
        # PySpark's own way for a launched JVM to tell port and secret.
        told = {**environment, "_PYSPARK_DRIVER_CONN_INFO_PATH": str(answer)}
        child = Child(command, folder=folder, environment=told, log=log)
        deadline = time.monotonic() + _START_SECONDS
        while not answer.is_file() and child.is_running and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        if not answer.is_file():
            child.end()
            raise JvmError(f"had no JVM: the shared one did not start; see {log}")
        content = answer.read_bytes()
    port, length = struct.unpack("!ii", content[:8])
    return StartedJvm(child, port, content[8 : 8 + length].decode())
