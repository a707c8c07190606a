"""One Spark for all tests that need one, and how worker processes share the tests out."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import certifi
import pytest

from aml_pipelines.execution.forked.warm import stop_forks
from aml_pipelines.execution.jvm.kept import stop_kept_jvms
from aml_pipelines.execution.kept import FOLDER_VARIABLE, IDLE_VARIABLE
from environments.spark.class_archive import archive_options
from environments.spark.java_home import java_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
# No JVM of a test writes code for a query, which takes more time than it saves. Hundreds of tests
# fill the 48 MB that a JVM has for what it compiles: it then spends a core on making room.
JVM = (
    "-XX:ReservedCodeCacheSize=512m -XX:+UseParallelGC"
    " -Dspark.sql.codegen.wholeStage=false -Dspark.sql.codegen.factoryMode=NO_CODEGEN"
)
# One that a test starts, by whatever process, lives for seconds, and compiles fast rather than
# well. Spark reads this name. In README's test it writes code, as it does for README's reader.
os.environ["SPARK_SUBMIT_OPTS"] = f"-XX:TieredStopAtLevel=1 {JVM}"
# The JVMs that runs leave for the next one are this test process's own, and end with it.
os.environ[FOLDER_VARIABLE] = mkdtemp(prefix="jvms-")
os.environ[IDLE_VARIABLE] = "30"
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Nobody looks at them, and a JVM of hundreds of tests keeps the plans of a thousand queries.
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "1",
    "spark.ui.retainedStages": "1",
    "spark.ui.retainedTasks": "1",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
# What modules have in common that costs minutes: one worker does all of their tests. A worker
# knows of fixtures, but who shares the tests out knows nothing but their names.
SHARED = {"lake": "from tests.e2e.conftest import Stage", "spark": "spark: SparkSession"}
# The longest first, or one worker still has it to do when the other has nothing left.
TURNS = (
    *("lake", "e2e/test_readme.py", "spark"),
    *("chaos/", "bench/", "e2e/", "integration/", "conformance/", "contract/", "unit/"),
)


@cache
def share_of(module: str) -> str:
    """Return the name of what one worker does from end to end: a module, or some that share.

    Tests with Spark are two shares, of unit and of other tests: one would be longer than all else.
    """
    text = (TESTS / module).read_text("utf-8")
    name = next((name for name, line in SHARED.items() if line in text), module)
    return f"spark {module.partition('/')[0]}" if name == "spark" else name


def pytest_sessionfinish() -> None:
    stop_kept_jvms()
    stop_forks()
    shutil.rmtree(os.environ[FOLDER_VARIABLE], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=turn)


def turn(item: pytest.Item) -> int:
    share = share_of(item.path.relative_to(TESTS).as_posix())
    return next(number for number, start in enumerate(TURNS) if share.startswith(start))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 # only where there are workers

    class ShareScheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid.partition("::")[0].removeprefix("tests/"))

    return ShareScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let clients trust one authority besides the workspace's: they read all for each request."""
    first, end, _ = certifi.contents().partition("-----END CERTIFICATE-----\n")
    file = tmp_path_factory.mktemp("authority") / "trusted.pem"
    file.write_text(first + end)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REQUESTS_CA_BUNDLE", str(file))
        yield


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    from spark_jobs.session import spark_session  # noqa: PLC0415 # tests without Spark start fast

    java = java_home()
    options = {"spark.driver.defaultJavaOptions": " ".join(archive_options(java))}
    confs = [w for item in (SETTINGS | options).items() for w in ("--conf", "=".join(item))]
    submit = ["--master", "local[2]", "--driver-memory", "4g", *confs, "pyspark-shell"]
    with pytest.MonkeyPatch.context() as environment:  # the JVM's alone: later jobs have their own
        environment.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        environment.setenv("JAVA_HOME", str(java))
        environment.setenv("PYSPARK_PYTHON", sys.executable)
        environment.setenv("PYSPARK_SUBMIT_ARGS", shlex.join(submit))
        # It lives for hundreds of tests, which take a quarter less time when it compiles well.
        environment.setenv("SPARK_SUBMIT_OPTS", JVM)
        session = spark_session("tests")
    yield session
    session.stop()
