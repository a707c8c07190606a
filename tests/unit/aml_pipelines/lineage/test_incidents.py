"""What `health` says of incidents: those that are open, and what was done about them."""

from __future__ import annotations

from dataclasses import replace

from aml_pipelines.lineage.incidents import incident_lines
from conf.incident import IncidentEvent

OPENED = IncidentEvent(
    *(1, "i1", 1, "opened", "2024-03-01", "run 1", "late", "1", "nulls", "km", "all", "hold"),
    *("2024-03-01", "km is null", "{}"),
)
CLAIMED = replace(OPENED, sequence=2, event="claimed", action="retrain", attempt=1)
TOLD = replace(CLAIMED, sequence=3, action="opened:team")
UNSENT = replace(TOLD, sequence=4, event="unsent", detail="alerts: connection refused")
DONE = replace(CLAIMED, sequence=5, event="done", detail="job retrain-i1")
ENDED = replace(OPENED, sequence=6, event="ended", day="2024-03-05")


def test_open_incidents_and_actions_are_told_with_what_became_of_them() -> None:
    chat = replace(TOLD, sequence=6, action="opened:chat")
    reached = replace(chat, sequence=7, event="done")
    assert list(incident_lines([OPENED, CLAIMED, TOLD, UNSENT, DONE, chat, reached])) == [
        "1 incident is open, the oldest since 2024-03-01",
        "nulls of km: retrain: done, job retrain-i1",
        "nulls of km: telling team the beginning: unsent, alerts: connection refused",
    ]


def test_of_an_incident_that_has_ended_only_what_is_still_to_be_done_is_told() -> None:
    again = replace(OPENED, sequence=7, incident="i2", number=2, day="2024-03-09")
    assert list(incident_lines([OPENED, CLAIMED, TOLD, DONE, ENDED, again])) == [
        "1 incident is open, the oldest since 2024-03-09",
        "nulls of km: telling team the beginning: not known",
    ]


def test_without_incidents_nothing_is_told() -> None:
    assert list(incident_lines([])) == []
