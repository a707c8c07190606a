"""The warm JVM that this project's Spark nodes share, in this run and in the next one."""

from __future__ import annotations

import socket
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.jvm.kept import take_jvm
from aml_pipelines.execution.jvm.node_settings import java_environment
from aml_pipelines.execution.jvm.start import JvmError, jvm_command, jvm_environment, start_jvm
from aml_pipelines.processes import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SIZES = (
    "spark.driver.cores",
    "spark.driver.memory",
    "spark.executor.",
    "spark.dynamicAllocation.",
)
_WAREHOUSE = "spark.sql.warehouse.dir"


@dataclass(frozen=True)
class _Running:
    port: int
    secret: str
    java: Mapping[str, str]
    log: Path
    gateway: Any  # py4j's client has no type hints
    # `leave` gives it back to the keeper that lent it, if one has.
    leave: Callable[[], None]
    end: Callable[[], None]

    @property
    def is_running(self) -> bool:
        # Not by the gateway: py4j logs each failure of its own to the root logger.
        try:
            socket.create_connection((LOOPBACK, self.port)).close()
        except OSError:
            return False
        return True


class WarmJvm:
    """A JVM that starts in the background and serves one Spark node at a time.

    One that an earlier run has left is taken if it has the same settings.
    """

    def __init__(
        self, *, memory: str, master: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.memory = memory
        self._environment = environment
        self._folder = folder
        self._master = master
        # It starts in a thread: planning goes on, and the first Spark node waits for the rest.
        self._threads = ThreadPoolExecutor(max_workers=1)
        self._running: Future[_Running] = self._threads.submit(self._start)

    @contextmanager
    def prepared(self, conf: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """Set the JVM up for one node with its `conf`; yield the variables by which it is found."""
        running = self._running.result()
        if not running.is_running:
            raise JvmError(f"had no JVM: the shared one has ended; see {running.log}")
        system = running.gateway.jvm.java.lang.System
        # Sizes are fixed when a JVM starts; `shares_jvm` has compared the one that matters.
        stated = {key: value for key, value in conf.items() if not key.startswith(_SIZES)}
        # Not in the folder of the JVM, which may be another run's.
        settings = {_WAREHOUSE: str(self._folder / "spark-warehouse"), **stated}
        before = {key: system.getProperty(key) for key in settings}
        for key, value in settings.items():
            system.setProperty(key, value)
        try:
            yield {
                **running.java,
                "PYSPARK_GATEWAY_PORT": str(running.port),
                "PYSPARK_GATEWAY_SECRET": running.secret,
            }
        except NodeFailedError as error:
            if running.is_running:
                raise
            raise JvmError(
                f"{error}, and its JVM has ended, killed or out of memory (see {running.log}); "
                "type the same command again"
            ) from None
        finally:
            if running.is_running:
                _stop_left_over(running.gateway)
                for key, value in before.items():
                    system.clearProperty(key) if value is None else system.setProperty(key, value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Leave the JVM, also when it is only just starting.

        A block that raises may have left work in it, as a run that is interrupted does: it ends.
        """
        if self._running.exception() is None:
            running = self._running.result()
            (running.end if kind else running.leave)()
        self._threads.shutdown()

    def _start(self) -> _Running:
        self._folder.mkdir(parents=True, exist_ok=True)
        java = java_environment()
        home = Path(java["JAVA_HOME"])
        command = jvm_command(memory=self.memory, master=self._master, java=home)
        environment = jvm_environment({**java, **self._environment})
        log = self._folder / "log.txt"
        # Of a lake that is served only for this run, nobody else can use the JVM.
        lent = None if self._environment else take_jvm(command, environment)
        if lent is None:
            log.unlink(missing_ok=True)  # it may be a link to the log of another JVM
            jvm = start_jvm(command, environment, folder=self._folder, log=log)
            gateway = _connect(jvm.port, jvm.secret)
            return _Running(jvm.port, jvm.secret, java, log, gateway, jvm.child.end, jvm.child.end)
        # In one step: jobs at once have one folder.
        link = log.with_name(f".{uuid.uuid4().hex}")
        link.symlink_to(lent.log)
        link.replace(log)
        gateway = _connect(lent.port, lent.secret)
        # What Delta remembers of tables is by their paths: those of a lake that was made anew too.
        gateway.jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
        return _Running(lent.port, lent.secret, java, lent.log, gateway, lent.give_back, lent.end)


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
