"""The events of incidents, as rows of gold's table `incidents`, and the state that they add up to.

They stand in conf, since Spark steps write them, a command step acts on them, and `health` reads
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TABLE, HELD_TABLE = "incidents", "held_scores"
# What a run of monitoring has seen.
OPENED, FOUND, ENDED = "opened", "found", "ended"
# What is done about it: a run claims an action before it does it, and says what became of it.
CLAIMED, DONE, FAILED, UNSENT, LEFT = "claimed", "done", "failed", "unsent", "left"
OUTCOMES = (DONE, FAILED, UNSENT, LEFT)
# What becomes of a batch's scores.
HELD, RELEASED = "held", "released"
HOLD, RETRAIN, ROLL_BACK = "hold", "retrain", "roll_back"  # levels that lead to something


@dataclass(frozen=True)
class IncidentEvent:
    """A row of the table `incidents`; a text that does not apply is empty.

    `sequence` counts the events of a table from 1, `number` the incidents of one kind, column and
    slice of a model. `as_of` is the moment that the run stood for, in UTC, or the last day that it
    judged; `day` and `cause` are those of the finding, `evidence` its numbers as JSON. `attempt`
    counts the claims of an action from 1. `person` has released a batch; `detail` says what became
    of an action: a job, a model version, or why it failed.
    """

    sequence: int
    incident: str
    number: int
    event: str
    as_of: str
    run_id: str
    model_name: str
    model_version: str
    kind: str
    column: str
    slice: str
    level: str
    day: str
    cause: str
    evidence: str
    action: str = ""
    attempt: int = 0
    batch: str = ""
    person: str = ""
    detail: str = ""


@dataclass(frozen=True)
class ActionAttempt:
    """One claim of an action, with its outcome if there is one."""

    claim: IncidentEvent
    outcome: IncidentEvent | None = None

    @property
    def ended_as(self) -> str:
        """Return the name of the outcome; nothing while there is none."""
        return self.outcome.event if self.outcome else ""


@dataclass(frozen=True)
class Incident:
    """What the events of one incident add up to: how it is now, and what was done about it."""

    opened: IncidentEvent
    newest: IncidentEvent
    causes: frozenset[tuple[str, str, str]]
    attempts: Mapping[str, tuple[ActionAttempt, ...]]

    @property
    def is_open(self) -> bool:
        return self.newest.event != ENDED

    @property
    def level(self) -> str:
        return self.newest.level

    def is_done(self, action: str) -> bool:
        return any(each.ended_as == DONE for each in self.attempts.get(action, ()))


def cause_of(event: IncidentEvent) -> tuple[str, str, str]:
    """Return what tells two findings of one incident apart: day, level and cause."""
    return event.day, event.level, event.cause


def incidents_of(events: Iterable[IncidentEvent]) -> dict[str, Incident]:
    """Return the state of each incident by its id, the one that was opened first before others."""
    by_incident: dict[str, list[IncidentEvent]] = {}
    for event in sorted(events, key=lambda each: each.sequence):
        by_incident.setdefault(event.incident, []).append(event)
    return {name: _incident(found) for name, found in by_incident.items()}


def incidents_of_model(events: Iterable[IncidentEvent], model_name: str) -> list[Incident]:
    """Return the state of each incident of a model, in the order in which they were opened."""
    return list(incidents_of(e for e in events if e.model_name == model_name).values())


def waiting_batches(events: Iterable[IncidentEvent]) -> dict[tuple[str, str], IncidentEvent]:
    """Return how each batch that is not released was held, by batch and model, the oldest first."""
    waiting: dict[tuple[str, str], IncidentEvent] = {}
    for event in sorted(events, key=lambda each: each.sequence):
        key = (event.batch, f"{event.model_name}:{event.model_version}")
        if event.event == HELD:
            waiting[key] = event
        elif event.event == RELEASED:
            waiting.pop(key, None)
    return waiting


def _incident(events: list[IncidentEvent]) -> Incident:
    seen = [event for event in events if event.event in {OPENED, FOUND, ENDED}]
    claims = [event for event in events if event.event == CLAIMED]
    outcomes = {(e.action, e.attempt): e for e in events if e.event in OUTCOMES}
    attempts: dict[str, tuple[ActionAttempt, ...]] = {}
    for claim in claims:
        attempt = ActionAttempt(claim, outcomes.get((claim.action, claim.attempt)))
        attempts[claim.action] = (*attempts.get(claim.action, ()), attempt)
    causes = frozenset(cause_of(event) for event in seen if event.event != ENDED)
    return Incident(seen[0], seen[-1], causes, attempts)
