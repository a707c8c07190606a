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
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.azurite.lake import serving_lake
from conf import faults
from tests.integration.lake_worker import DONE, FAILED
from tests.integration.runs_at_once import COMMITS, FILES, FIRST_AND_SECOND, PLACES
from tests.integration.workers import working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aml_pipelines.azurite.lake import AbfsLake
    from tests.integration.workers import Worker

pytestmark = pytest.mark.e2e
ACCOUNT = "abfs://lake@twoprocesses.dfs.core.windows.net"
MEETINGS = [(work, place) for work, places in PLACES.items() for place in places]
# `make chaos` has all.
IS_WHOLE = os.environ.get("CHAOS") == "all"
CHOSEN = COMMITS if IS_WHOLE else [("load", "before commit silver/trips/valid")]
CHOSEN_MEETINGS = MEETINGS if IS_WHOLE else [("load", "gold/trips/features")]


@dataclass(frozen=True)
class LakeRun:
    """A process that works on lakes, and can be told at which commit to stand."""

    worker: Worker
    marks: Path

    def begin(self, lake: str, work: str) -> None:
        self.worker.order("work", lake, work=work)

    def do(self, lake: str, work: str) -> None:
        self.worker.ask("work", lake, work=work)

    def rows(self, lake: str, work: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.worker.ask("rows of work", lake, work=work)
        return found

    def versions(self, lake: str, work: str) -> dict[str, int]:
        found: dict[str, int] = self.worker.ask("versions of work", lake, work=work)
        return found

    def stand_at(self, point: str) -> None:
        (self.marks / faults.REACHED).unlink(missing_ok=True)
        plan = {"point": f"lake_worker: {point}", "number": 1, "action": "wait"}
        (self.marks / faults.PLAN).write_text(json.dumps(plan))

    def wait_until_it_stands(self) -> None:
        while not (self.marks / faults.WAITING).is_file():
            answered, _, _ = select.select([self.worker.output], [], [], 0.01)
            assert not answered, f"it went by: {self.worker.answer()}"

    def let_go(self) -> None:
        (self.marks / faults.WAITING).unlink()


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
def runs(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LakeRun, LakeRun]]:
    with ExitStack() as stack:
        two = [_run(place, stack, tmp_path_factory.mktemp("marks")) for _ in range(2)]
        yield two[0], two[1]


def _run(place: Place, stack: ExitStack, marks: Path) -> LakeRun:
    environment = {**place.account.spark_environment, faults.VARIABLE: str(marks)}
    started = working(marks / "spark.log", environment=environment, cores=1)
    return LakeRun(stack.enter_context(started), marks)


@pytest.fixture(scope="module")
def undisturbed(place: Place, runs: tuple[LakeRun, LakeRun]) -> dict[str, dict[str, list[str]]]:
    """Return what the tables have after each file that arrived, with those before it."""
    after = {}
    for work in {work for work, _ in (*CHOSEN, *CHOSEN_MEETINGS)}:
        lake = place.new_lake()
        for name in FIRST_AND_SECOND[work]:
            place.arrive(lake, name)
            runs[0].do(lake, work)
            after[name] = runs[0].rows(lake, work)
    return after


@pytest.mark.slow
@pytest.mark.parametrize("at", CHOSEN, ids=" ".join)
def test_a_run_that_another_process_overtakes_takes_nothing_back(
    place: Place,
    runs: tuple[LakeRun, LakeRun],
    undisturbed: dict[str, dict[str, list[str]]],
    at: tuple[str, str],
) -> None:
    work, point = at
    standing, whole = runs
    first, second = FIRST_AND_SECOND[work]
    lake = place.new_lake()
    place.arrive(lake, first)
    standing.stand_at(point)
    standing.begin(lake, work)
    standing.wait_until_it_stands()
    place.arrive(lake, second)
    whole.do(lake, work)
    standing.let_go()
    answer = standing.worker.answer()
    assert answer == {DONE: None} or "a later run has done it with version" in answer[FAILED]
    assert whole.rows(lake, work) == undisturbed[second]


@pytest.mark.slow
@pytest.mark.parametrize("at", CHOSEN_MEETINGS, ids=" ".join)
def test_two_processes_that_meet_at_a_commit_leave_each_row_once(
    place: Place,
    runs: tuple[LakeRun, LakeRun],
    undisturbed: dict[str, dict[str, list[str]]],
    at: tuple[str, str],
) -> None:
    work, table = at
    first, _ = FIRST_AND_SECOND[work]
    lake = place.new_lake()
    place.arrive(lake, first)
    for run in runs:
        run.stand_at(f"before commit {table}")
        run.begin(lake, work)
    for run in runs:
        run.wait_until_it_stands()
    for run in runs:
        run.let_go()
    assert [run.worker.answer() for run in runs] == [{DONE: None}] * 2
    assert runs[0].rows(lake, work) == undisturbed[first]
    before = runs[0].versions(lake, work)
    runs[1].do(lake, work)
    assert runs[0].versions(lake, work) == before
