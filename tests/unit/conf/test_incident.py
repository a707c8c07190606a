"""Events of batches add up to those that wait, in the order in which they were held."""

from __future__ import annotations

from dataclasses import replace

from conf.incident import IncidentEvent, incidents_of, waiting_batches

OPENED = IncidentEvent(
    *(1, "i1", 1, "opened", "2024-03-01", "run 1", "late", "1", "nulls", "km", "all", "hold"),
    *("2024-03-01", "km is null", "{}"),
)
HELD = replace(OPENED, sequence=2, event="held", batch="b1")


def test_a_batch_waits_from_when_it_is_held_until_it_is_released() -> None:
    later = replace(HELD, sequence=3, batch="b2")
    released = replace(HELD, sequence=4, event="released")
    assert [e.batch for e in waiting_batches([later, HELD, OPENED]).values()] == ["b1", "b2"]
    assert list(waiting_batches([OPENED, HELD, later, released]).values()) == [later]


def test_a_batch_that_two_versions_have_scored_waits_for_each() -> None:
    newer = replace(HELD, sequence=3, model_version="2")
    released = replace(HELD, sequence=4, event="released")
    assert list(waiting_batches([OPENED, HELD, newer, released]).values()) == [newer]


def test_what_becomes_of_batches_changes_no_incident() -> None:
    released = replace(HELD, sequence=3, event="released")
    assert incidents_of([OPENED, HELD, released]) == incidents_of([OPENED])
