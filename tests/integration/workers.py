"""Processes that do on a lake what a test tells them, each in a JVM of its own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from environments.spark.java_home import java_home
from tests.conftest import SETTINGS
from tests.integration.lake_worker import DONE, FAILED
from tests.rooms import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PROGRAM = (sys.executable, "-m", "tests.integration.lake_worker")


@dataclass(frozen=True)
class Worker:
    """A process that does one order at a time; they are those of lake_worker.py."""

    process: subprocess.Popen[str]

    def order(self, order: str, lake: str, **given: str) -> None:
        print(json.dumps([order, lake, given]), file=self._input, flush=True)

    def answer(self) -> dict[str, Any]:
        """Wait for what an order returned (`done`), or its error (`failed`)."""
        line = self.output.readline()
        assert line, f"the worker has ended: {self.process.wait()}"
        return dict(json.loads(line))

    def ask(self, order: str, lake: str, **given: str) -> Any:  # noqa: ANN401 # JSON
        """Return what an order returns, which is to work."""
        self.order(order, lake, **given)
        answer = self.answer()
        assert FAILED not in answer, answer[FAILED]
        return answer[DONE]

    def error(self, order: str, lake: str, **given: str) -> str:
        """Return the error that an order ends with, or nothing."""
        self.order(order, lake, **given)
        return str(self.answer().get(FAILED, ""))

    @property
    def output(self) -> IO[str]:
        assert self.process.stdout
        return self.process.stdout

    @property
    def _input(self) -> IO[str]:
        assert self.process.stdin
        return self.process.stdin


@contextmanager
def working(
    log: Path,
    *,
    command: Sequence[str] = PROGRAM,
    environment: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    cores: int = 2,
) -> Iterator[Worker]:
    """Yield a worker while the block runs.

    `command` starts PROGRAM; `environment` and Spark's `settings` are added to what every test has.
    """
    stated = [f"--conf={key}={value}" for key, value in {**SETTINGS, **(settings or {})}.items()]
    submitted = [f"--master=local[{cores}]", "--driver-memory=1g", *stated, "pyspark-shell"]
    with (
        log.open("wb") as told,
        subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={
                **os.environ,
                "JAVA_HOME": str(java_home()),
                "PYSPARK_PYTHON": sys.executable,
                "SPARK_LOCAL_IP": "127.0.0.1",
                "PYSPARK_SUBMIT_ARGS": shlex.join(submitted),
                **(environment or {}),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        ) as process,
    ):
        yield Worker(process)
        process.communicate()  # its input ends, and so does it
