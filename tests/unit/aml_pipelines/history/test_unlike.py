"""A node is unusual by the median and the MAD of the same node's runs before, or not judged."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from aml_pipelines.history.node_runs import NodeRun
from aml_pipelines.history.unlike import runs_before, unusual

NOON = dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC)
CLEAN = NodeRun(
    *("r", "data", "rides", None, "clean", "spark", NOON, 20.0, "Completed", False),
    *("rides/valid", 1000, 900, {"quarantined": 100}, {}),
)


def runs(*seconds: float) -> list[NodeRun]:
    return [replace(CLEAN, run=f"r{n}", seconds=each) for n, each in enumerate(seconds)]


def test_a_slow_node_is_unusual_in_modified_z_scores() -> None:
    slow = replace(CLEAN, seconds=40.0)
    (found,) = unusual(slow, runs(18, 19, 20, 21, 22))
    assert (found.what, found.value, found.usual) == ("seconds", 40, 20)
    assert found.score == pytest.approx(20 * 0.6745)  # the MAD is 1


def test_seconds_that_are_few_do_not_matter() -> None:
    before = [replace(each, seconds=2.0) for each in runs(1, 2, 3, 4, 5)]
    assert unusual(replace(CLEAN, seconds=6.5), before) == []
    assert unusual(replace(CLEAN, seconds=7.5), before) != []


def test_rows_that_are_lost_are_unusual_and_chance_is_not() -> None:
    few = replace(CLEAN, rows_in=500, rows_out=900)
    (found,) = unusual(few, runs(20, 20, 20, 20, 20))
    assert (found.what, found.value, found.usual) == ("rows_in", 500, 1000)
    assert found.score == pytest.approx(-500 / 1000**0.5)
    # of 9 rows 6 may be lost by chance: 2 of its standard deviations
    before = [replace(each, rows_in=9, rows_out=9) for each in runs(20, 20, 20, 20, 20)]
    assert unusual(replace(CLEAN, rows_in=9, rows_out=3), before) == []


def test_fewer_than_five_runs_before_judge_nothing() -> None:
    assert unusual(replace(CLEAN, seconds=400.0), runs(20, 20, 20, 20)) == []


def test_only_runs_of_the_same_node_that_did_the_work_are_before_it() -> None:
    same, now = runs(1)[0], replace(CLEAN, run="now")
    known = [
        same,
        replace(CLEAN, run="a", reused=True),
        replace(CLEAN, run="b", status="Failed"),
        replace(CLEAN, run="c", node="split"),
        replace(CLEAN, run="d", dataset="zones"),
        replace(CLEAN, run="e", pipeline="batch_inference"),
        now,
        replace(CLEAN, run="later"),
    ]
    assert runs_before(now, known) == [same]
