"""Two processes write to one lake in a storage account, with no lock between them, as in Azure.

Each has its own JVM, Delta with the log store that it takes for `abfs`, and Hadoop's ABFS driver;
the account is Azurite's. What Azurite is not: a store with folders of its own, whose rename of a
file is one step that fails where there is a file. There, two that commit at the same moment
exclude each other; Azurite's rename is a copy and a deletion.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.azurite.lake import serving_lake
from conf import faults
from environments.spark.java_home import java_home
from tests.integration.lake_worker import DO, DONE, FAILED, LOOK, LOOK_AT_VERSIONS
from tests.integration.runs_at_once import COMMITS, FILES, FIRST_AND_SECOND, PLACES
from tests.rooms import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aml_pipelines.azurite.lake import AbfsLake

pytestmark = pytest.mark.e2e
ACCOUNT = "abfs://lake@twoprocesses.dfs.core.windows.net"
JVM = (
    *("--master", "local[1]", "--driver-memory", "1g"),
    *("--conf", "spark.ui.enabled=false", "--conf", "spark.driver.bindAddress=127.0.0.1"),
    *("--conf", "spark.driver.host=127.0.0.1", "pyspark-shell"),
)
MEETINGS = [(work, place) for work, places in PLACES.items() for place in places]
# `make chaos` has all.
IS_WHOLE = os.environ.get("CHAOS") == "all"
CHOSEN = COMMITS if IS_WHOLE else [("load", "before commit silver/trips/valid")]
CHOSEN_MEETINGS = MEETINGS if IS_WHOLE else [("load", "gold/trips/features")]


@dataclass
class Worker:
    """A process that does one order at a time, and can be told at which commit to stand."""

    marks: Path
    environment: dict[str, str]
    _process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.lake_worker"],
            cwd=REPOSITORY,
            env={**self.environment, faults.VARIABLE: str(self.marks)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, order: str, lake: str, work: str) -> None:
        assert self._process.stdin
        text = json.dumps({"order": order, "lake": lake, "work": work})
        print(text, file=self._process.stdin, flush=True)

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"the worker has ended: {self._process.wait()}"
        return dict(json.loads(line))

    def ask(self, order: str, lake: str, work: str) -> Any:  # noqa: ANN401 # JSON
        self.order(order, lake, work)
        answer = self.answer()
        assert FAILED not in answer, answer[FAILED]
        return answer[DONE]

    def stand_at(self, point: str) -> None:
        (self.marks / faults.REACHED).unlink(missing_ok=True)
        plan = {"point": f"lake_worker: {point}", "number": 1, "action": "wait"}
        (self.marks / faults.PLAN).write_text(json.dumps(plan))

    def wait_until_it_stands(self) -> None:
        assert self._process.stdout
        while not (self.marks / faults.WAITING).is_file():
            answered, _, _ = select.select([self._process.stdout], [], [], 0.01)
            assert not answered, f"it went by: {self.answer()}"

    def let_go(self) -> None:
        (self.marks / faults.WAITING).unlink()

    def stop(self) -> None:
        self._process.communicate()  # its input ends


@dataclass(frozen=True)
class Place:
    """A storage account, and lakes in it that nothing has been written to."""

    account: AbfsLake
    _numbers: Iterator[int] = field(default_factory=count)

    def new_lake(self) -> str:
        return f"{ACCOUNT}/{next(self._numbers)}"

    def arrive(self, lake: str, name: str) -> None:
        path, text = FILES[name]
        folder = lake.removeprefix(f"{ACCOUNT}/")
        # Of a folder without a mark the driver makes one when it lists it, and fails where another
        # process does at the same moment; an account with folders of its own needs none.
        mark, is_folder = f"{folder}/{path.partition('/')[0]}", {"hdi_isfolder": "true"}
        self.account.container.upload_blob(mark, b"", metadata=is_folder, overwrite=True)
        self.account.container.upload_blob(f"{folder}/{path}", text.encode(), overwrite=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_lake(ACCOUNT, tmp_path_factory.mktemp("account")) as account:
        yield Place(account)


@pytest.fixture(scope="module")
def workers(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Worker, Worker]]:
    environment = {
        **os.environ,
        **place.account.spark_environment,
        "PYSPARK_SUBMIT_ARGS": " ".join(JVM),
        "JAVA_HOME": str(java_home()),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    two = [Worker(tmp_path_factory.mktemp("marks"), environment) for _ in range(2)]
    yield two[0], two[1]
    for worker in two:
        worker.stop()


@pytest.fixture(scope="module")
def undisturbed(place: Place, workers: tuple[Worker, Worker]) -> dict[str, dict[str, list[str]]]:
    """Return what the tables have after each file that arrived, with those before it."""
    after = {}
    for work in {work for work, _ in (*CHOSEN, *CHOSEN_MEETINGS)}:
        lake = place.new_lake()
        for name in FIRST_AND_SECOND[work]:
            place.arrive(lake, name)
            workers[0].ask(DO, lake, work)
            after[name] = workers[0].ask(LOOK, lake, work)
    return after


@pytest.mark.parametrize("at", CHOSEN, ids=" ".join)
def test_a_run_that_another_process_overtakes_takes_nothing_back(
    place: Place,
    workers: tuple[Worker, Worker],
    undisturbed: dict[str, dict[str, list[str]]],
    at: tuple[str, str],
) -> None:
    work, point = at
    standing, whole = workers
    first, second = FIRST_AND_SECOND[work]
    lake = place.new_lake()
    place.arrive(lake, first)
    standing.stand_at(point)
    standing.order(DO, lake, work)
    standing.wait_until_it_stands()
    place.arrive(lake, second)
    whole.ask(DO, lake, work)
    standing.let_go()
    answer = standing.answer()
    assert answer == {DONE: None} or "a later run has done it with version" in answer[FAILED]
    assert whole.ask(LOOK, lake, work) == undisturbed[second]


@pytest.mark.parametrize("at", CHOSEN_MEETINGS, ids=" ".join)
def test_two_processes_that_meet_at_a_commit_leave_each_row_once(
    place: Place,
    workers: tuple[Worker, Worker],
    undisturbed: dict[str, dict[str, list[str]]],
    at: tuple[str, str],
) -> None:
    work, table = at
    first, _ = FIRST_AND_SECOND[work]
    lake = place.new_lake()
    place.arrive(lake, first)
    for worker in workers:
        worker.stand_at(f"before commit {table}")
        worker.order(DO, lake, work)
    for worker in workers:
        worker.wait_until_it_stands()
    for worker in workers:
        worker.let_go()
    answers = [worker.answer() for worker in workers]
    assert answers == [{DONE: None}] * 2
    assert workers[0].ask(LOOK, lake, work) == undisturbed[first]
    before = workers[0].ask(LOOK_AT_VERSIONS, lake, work)
    workers[1].ask(DO, lake, work)
    assert workers[0].ask(LOOK_AT_VERSIONS, lake, work) == before
