"""Two processes find the same on one lake in a storage account: one incident, and one that acts."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.azurite.lake import serving_lake
from conf import faults
from tests.integration.lake_worker import DONE
from tests.integration.test_incidents import OPENED, TO_DO
from tests.integration.test_runs_in_two_processes import LakeRun
from tests.integration.workers import working

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e
LAKE = "abfs://lake@twowatchers.dfs.core.windows.net/lake"


@pytest.mark.slow
@pytest.mark.parametrize("is_there", [True, False], ids=["next commit", "first commit"])
def test_two_processes_that_meet_at_a_commit_open_one_incident_and_act_once(
    tmp_path: Path, *, is_there: bool
) -> None:
    with ExitStack() as stack:
        account = stack.enter_context(serving_lake(LAKE.removesuffix("/lake"), tmp_path / "az"))
        runs = []
        for name in ("first", "second"):
            marks = tmp_path / name
            marks.mkdir()
            environment = {**account.spark_environment, faults.VARIABLE: str(marks)}
            started = working(marks / "spark.log", environment=environment, cores=1)
            runs.append(LakeRun(stack.enter_context(started), marks))
        if is_there:
            runs[0].worker.ask("record another", LAKE)
        for run in runs:
            run.stand_at("before commit gold/trips/incidents")
            run.worker.order("record findings", LAKE, run_id=run.marks.name)
        for run in runs:
            run.wait_until_it_stands()
        for run in runs:
            run.let_go()
        answers = {run.marks.name: run.worker.answer()[DONE] for run in runs}
        found = runs[0].worker.ask("incidents", LAKE)
    acting = [name for name, told in answers.items() if told == TO_DO]
    assert len(acting) == 1, answers
    (other,) = (told for name, told in answers.items() if name not in acting)
    # It looks first whether the one that acts is at it still.
    assert other == [told.replace("[]", f"['{acting[0]}']") for told in TO_DO]
    own = [event.partition(" ")[2] for event in found[2 * is_there :]]
    assert own[: len(OPENED)] == [event.partition(" ")[2] for event in OPENED]
    assert sum(event.startswith("opened ") for event in own) == 2
    assert [event.partition(" ")[0] for event in found] == [
        str(number) for number in range(1, len(found) + 1)
    ]
