"""Evictions strike the processes of their node, as often as their rule says, and no others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.evictions import EvictionRule, Evictions
from aml_pipelines.processes import Processes

if TYPE_CHECKING:
    from pathlib import Path


def starts(
    folder: Path, evictions: Evictions, processes: Processes, code: str, node: str = "train"
) -> list[str]:
    """Start a node until it ends by itself; returns how each start ended."""
    ends: list[str] = []
    while not ends or ends[-1] == "evicted":
        try:
            with evictions.of(node, folder / node, processes) as eviction:
                processes.run(
                    [sys.executable, "-c", code],
                    folder=folder,
                    environment={},
                    log=folder / node / "log.txt",
                    timeout=30,
                )
            ends.append("done")
        except NodeFailedError as error:
            ends.append("evicted" if eviction.happened else str(error))
    return ends


ONLY_THE_THIRD_ENDS = """
import pathlib, time
file = pathlib.Path("starts")
starts = int(file.read_text()) if file.exists() else 0
file.write_text(str(starts + 1))
time.sleep(1 if starts == 2 else 60)
"""


def test_a_node_is_evicted_as_often_as_its_rule_says(tmp_path: Path) -> None:
    evictions = Evictions([EvictionRule("tr*", times=2, seconds=0.3)])

    ends = starts(tmp_path, evictions, Processes(), ONLY_THE_THIRD_ENDS)

    assert ends == ["evicted", "evicted", "done"]


HALF_A_SECOND = "import time; time.sleep(0.5)"


@pytest.mark.parametrize("rule", [EvictionRule("other", seconds=0), EvictionRule(seconds=30)])
def test_a_rule_for_another_node_or_a_later_time_changes_nothing(
    tmp_path: Path, rule: EvictionRule
) -> None:
    assert starts(tmp_path, Evictions([rule]), Processes(), HALF_A_SECOND) == ["done"]


def test_a_node_that_fails_by_itself_was_not_evicted(tmp_path: Path) -> None:
    evictions = Evictions([EvictionRule(seconds=30)])

    assert starts(tmp_path, evictions, Processes(), "raise SystemExit(3)") == [
        "ended with exit code 3"
    ]


def test_the_processes_of_other_nodes_go_on(tmp_path: Path) -> None:
    processes = Processes()
    with processes.started(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        folder=tmp_path,
        environment={},
        log=tmp_path / "other/log.txt",
    ) as other:
        starts(tmp_path, Evictions([EvictionRule("train", 2, 0.3)]), processes, ONLY_THE_THIRD_ENDS)
        assert other.is_running
