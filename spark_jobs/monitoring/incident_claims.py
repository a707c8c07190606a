"""What a run of monitoring is to do about incidents: the actions that it claims, and their ends."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conf.incident import (
    CLAIMED,
    DONE,
    ENDED,
    OPENED,
    RETRAIN,
    ROLL_BACK,
    Incident,
    IncidentEvent,
    incidents_of,
    incidents_of_model,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from conf.monitor import Monitor


def claims(
    known: Sequence[IncidentEvent],
    monitor: Monitor,
    model_name: str,
    *,
    moment: str,
    run_id: str,
) -> list[IncidentEvent]:
    """Return a claim of each action that is due and that no other run has done.

    An action that another run has claimed, of which nothing is known, is claimed too: whoever acts
    looks first whether that run is at it still.
    """
    claimed: list[IncidentEvent] = []
    for incident in incidents_of_model(known, model_name):
        for action in _wanted(incident, monitor):
            attempts = incident.attempts.get(action, ())
            is_ours = any(not a.outcome and a.claim.run_id == run_id for a in attempts)
            if incident.is_done(action) or is_ours:
                continue
            made = [*known, *claimed]
            if action == RETRAIN and _is_cooling(made, incident, monitor, moment=moment):
                continue
            claimed.append(
                replace(
                    incident.newest,
                    event=CLAIMED,
                    as_of=moment,
                    run_id=run_id,
                    action=action,
                    attempt=len(attempts) + 1,
                )
            )
    return claimed


def claimed_by(known: Sequence[IncidentEvent], run_id: str) -> list[dict[str, object]]:
    """Return what a run has to do: its claims without an outcome, as JSON has them.

    `after` names the runs that claimed the same before, of which nothing is known; `began` is the
    day on which the incident was first seen.
    """
    return [
        {
            **_told(own.claim),
            "began": incident.opened.day,
            "after": [each.claim.run_id for each in attempts[:number] if not each.outcome],
        }
        for incident in incidents_of(known).values()
        for attempts in incident.attempts.values()
        for number, own in enumerate(attempts)
        if own.claim.run_id == run_id and not own.outcome
    ]


def outcome_events(
    known: Sequence[IncidentEvent], outcomes: Sequence[Mapping[str, Any]]
) -> list[IncidentEvent]:
    """Return the events of what became of claims, but for those that have an outcome already.

    An outcome has the incident, action and attempt, and outcome and detail.
    """
    open_claims = {
        (attempt.claim.incident, attempt.claim.action, attempt.claim.attempt): attempt.claim
        for incident in incidents_of(known).values()
        for attempts in incident.attempts.values()
        for attempt in attempts
        if not attempt.outcome
    }
    found = []
    for told in outcomes:
        claim = open_claims.get((told["incident"], told["action"], told["attempt"]))
        if claim:
            found.append(replace(claim, event=told["outcome"], detail=told["detail"]))
    return found


def _wanted(incident: Incident, monitor: Monitor) -> Iterator[str]:
    """Yield the actions that an incident is to lead to, whether they are done or not."""
    if incident.is_open and incident.level in {RETRAIN, ROLL_BACK}:
        yield incident.level
    for name in monitor.receivers:
        told = f"{OPENED}:{name}"
        if incident.is_open or told in incident.attempts:
            yield told
        if not incident.is_open and told in incident.attempts:
            yield f"{ENDED}:{name}"


def _is_cooling(
    known: Sequence[IncidentEvent], incident: Incident, monitor: Monitor, *, moment: str
) -> bool:
    """Return whether another incident of the model led to a training within the cool-down."""
    own = incident.opened
    for other in incidents_of_model(known, own.model_name):
        for attempt in other.attempts.get(RETRAIN, ()):
            is_other = other.opened.incident != own.incident
            is_trained = attempt.ended_as in {"", DONE}
            days = abs((_day(moment) - _day(attempt.claim.as_of)).days)
            if is_other and is_trained and days < monitor.cool_down_days:
                return True
    return False


def _day(moment: str) -> dt.date:
    return dt.date.fromisoformat(moment[:10])


def _told(event: IncidentEvent) -> dict[str, object]:
    names = (
        *("incident", "action", "attempt", "model_name", "model_version", "kind", "column"),
        *("slice", "level", "day", "cause", "run_id"),
    )
    return {name: getattr(event, name) for name in names}
