"""A finding is one incident while it lasts, and each action of an incident is claimed once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from conf.incident import incidents_of
from conf.monitor import load_monitor
from conf.receiver import Receiver
from spark_jobs.monitoring.incident_claims import claimed_by, claims, outcome_events
from spark_jobs.monitoring.incident_findings import is_overtaken, moment_of, seen_events
from spark_jobs.monitoring.incident_log import numbered

if TYPE_CHECKING:
    from pathlib import Path

    from conf.incident import IncidentEvent
    from conf.monitor import Monitor

TEAM = Receiver("team", "slack", "alerts")


def finding(kind: str = "nulls", level: str = "warn", **others: object) -> dict[str, object]:
    return {
        "kind": kind,
        "column": "km",
        "slice": "all",
        "day": "2024-03-01",
        "level": level,
        "cause": f"km has {kind}",
        "evidence": {"share": 0.5},
        **others,
    }


class Watch:
    """Runs of monitoring over one table of events, one after the other."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.events: list[IncidentEvent] = []
        self.given: dict[str, list[dict[str, object]]] = {}

    def run(self, name: str, day: str, *findings: dict[str, object], rows: int = 10) -> list[str]:
        """Record a run; return its new events, each as what it is and of which incident's kind."""
        health: dict[str, Any] = {
            "model_name": "late",
            "model_version": "1",
            "last_day": day,
            "rows": rows,
            "findings": [{**each, "day": day} for each in findings],
        }
        moment = moment_of("arrival", health)
        seen = seen_events(self.events, health, moment=moment, run_id=name)
        new = numbered(self.events, seen)
        made = claims([*self.events, *new], self.monitor, "late", moment=moment, run_id=name)
        new += numbered([*self.events, *new], made)
        self.events += new
        self.given[name] = claimed_by(self.events, name)
        return [f"{e.event} {e.kind} {e.action}".rstrip() for e in new]

    def to_do(self, run: str) -> list[tuple[object, ...]]:
        told = self.given[run]
        return [(each["action"], each["attempt"], each["after"]) for each in told]

    def end(self, run: str, outcome: str) -> None:
        told = [{**each, "outcome": outcome, "detail": "x"} for each in self.given[run]]
        self.events += numbered(self.events, outcome_events(self.events, told))


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(load_monitor("rides", folder=tmp_path))


def test_an_incident_opens_once_ends_when_it_is_not_found_and_comes_back_as_another_one(
    watch: Watch,
) -> None:
    assert watch.run("a", "2024-03-01", finding()) == ["opened nulls"]
    assert watch.run("b", "2024-03-01", finding()) == []
    assert watch.run("c", "2024-03-02", finding()) == ["found nulls"]
    assert watch.run("d", "2024-03-03", rows=0) == []  # nothing was judged
    assert watch.run("e", "2024-03-03") == ["ended nulls"]
    assert watch.run("f", "2024-03-04") == []
    assert watch.run("g", "2024-03-05", finding()) == ["opened nulls"]
    states = incidents_of(watch.events).values()
    assert [(each.opened.number, each.is_open) for each in states] == [(1, False), (2, True)]
    assert [event.sequence for event in watch.events] == [1, 2, 3, 4]


def test_two_findings_of_one_kind_and_column_are_one_incident_and_two_rows(watch: Watch) -> None:
    of_days = [finding("missing_day", cause=f"no rows on day {n}") for n in (1, 2)]
    assert watch.run("a", "2024-03-01", *of_days) == ["opened missing_day", "found missing_day"]
    assert {each.incident for each in watch.events} == {watch.events[0].incident}
    assert watch.run("b", "2024-03-01", *of_days) == []


def test_a_run_of_days_before_those_that_were_judged_is_known_as_that(watch: Watch) -> None:
    watch.run("a", "2024-03-05", finding())
    health = {"model_name": "late", "last_day": "2024-03-04"}
    assert is_overtaken(watch.events, health)
    assert not is_overtaken(watch.events, {**health, "last_day": "2024-03-05"})
    assert not is_overtaken(watch.events, {**health, "model_name": "other"})


def test_a_moment_is_told_in_utc_and_without_one_the_last_day_is() -> None:
    health = {"last_day": "2024-03-01"}
    assert moment_of("arrival", health) == "2024-03-01"
    assert moment_of("2024-03-02T01:30:00+02:00", health) == "2024-03-01T23:30:00Z"
    with pytest.raises(ValueError, match="yesterday"):
        moment_of("yesterday", health)


def test_an_action_is_claimed_once_and_again_only_when_it_failed(watch: Watch) -> None:
    worse = finding("realised_performance", "retrain")
    first = watch.run("a", "2024-03-01", worse)
    assert first == ["opened realised_performance", "claimed realised_performance retrain"]
    assert watch.run("a", "2024-03-01", worse) == []  # the node again, in the same run
    assert watch.to_do("a") == [("retrain", 1, [])]
    watch.end("a", "failed")
    assert claimed_by(watch.events, "a") == []
    assert watch.run("b", "2024-03-01", worse) == ["claimed realised_performance retrain"]
    assert watch.to_do("b") == [("retrain", 2, [])]
    watch.end("b", "done")
    assert watch.run("c", "2024-04-01", worse) == ["found realised_performance"]


def test_what_a_run_has_claimed_and_not_told_the_end_of_is_claimed_with_its_name(
    watch: Watch,
) -> None:
    worse = finding("realised_performance", "roll_back")
    watch.run("a", "2024-03-01", worse)
    assert watch.run("b", "2024-03-01", worse) == ["claimed realised_performance roll_back"]
    assert watch.to_do("b") == [("roll_back", 2, ["a"])]
    watch.end("b", "left")  # run a was still at it
    watch.end("a", "done")
    assert watch.run("c", "2024-03-02", worse) == ["found realised_performance"]


def test_one_training_is_claimed_for_all_that_is_found_within_the_cool_down(watch: Watch) -> None:
    worse, slow = finding("realised_performance", "retrain"), finding("drift", "retrain")
    assert watch.run("a", "2024-03-01", worse, slow) == [
        "opened realised_performance",
        "opened drift",
        "claimed realised_performance retrain",
    ]
    watch.end("a", "done")
    assert watch.run("b", "2024-03-07", worse, slow) == [
        "found realised_performance",
        "found drift",
    ]
    third = watch.run("c", "2024-03-08", worse, slow)
    assert third == ["found realised_performance", "found drift", "claimed drift retrain"]


def test_each_receiver_is_told_of_the_beginning_and_of_the_end_until_it_was_reached(
    watch: Watch,
) -> None:
    watch.monitor = replace(watch.monitor, receivers={"team": TEAM})
    assert watch.run("a", "2024-03-01", finding()) == ["opened nulls", "claimed nulls opened:team"]
    watch.end("a", "unsent")
    assert watch.run("b", "2024-03-02") == [
        *("ended nulls", "claimed nulls opened:team", "claimed nulls ended:team")
    ]
    watch.end("b", "done")
    assert watch.run("c", "2024-03-03") == []
    assert watch.run("d", "2024-03-03", finding()) == ["opened nulls", "claimed nulls opened:team"]


def test_a_receiver_is_told_nothing_of_an_incident_that_had_ended_before(watch: Watch) -> None:
    watch.run("a", "2024-03-01", finding())
    watch.run("b", "2024-03-02")
    watch.monitor = replace(watch.monitor, receivers={"team": TEAM})
    assert watch.run("c", "2024-03-03") == []


def test_another_level_is_told_and_leads_to_what_it_says(watch: Watch) -> None:
    watch.run("a", "2024-03-01", finding(level="warn"))
    graver = watch.run("b", "2024-03-01", finding(level="roll_back"))
    assert graver == ["found nulls", "claimed nulls roll_back"]
    assert watch.run("c", "2024-03-01", finding(level="warn")) == ["found nulls"]
