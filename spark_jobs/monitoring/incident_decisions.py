"""What a run of monitoring adds to incidents: what it has seen, and the actions that it claims.

Nothing here reads or writes: the same events and findings lead to the same decisions.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conf.incident import (
    CLAIMED,
    DONE,
    ENDED,
    FOUND,
    OPENED,
    RETRAIN,
    ROLL_BACK,
    Incident,
    IncidentEvent,
    cause_of,
    incidents_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from conf.monitor import Monitor

    Findings = Mapping[str, Any]

ARRIVAL_ORDER = "arrival"  # that of spark_jobs.ingest


def moment_of(as_of: str, health: Findings) -> str:
    """Return the moment that a run stands for, in UTC; the last day that it judged without one."""
    if as_of == ARRIVAL_ORDER:
        return str(health["last_day"])
    moment = dt.datetime.fromisoformat(as_of)
    moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def is_overtaken(known: Sequence[IncidentEvent], health: Findings) -> bool:
    """Return whether a later day was judged already: what was found before it is told no more."""
    newest = (each.newest for each in _of_model(known, health["model_name"]))
    # Data that came too late has the day on which it was missed, after all that were judged.
    days = (event.day for event in newest if event.kind != "freshness")
    return max(days, default="") > str(health["last_day"])


def seen_events(
    known: Sequence[IncidentEvent], health: Findings, *, moment: str, run_id: str
) -> list[IncidentEvent]:
    """Return the events by which the findings of a run differ from what is known.

    `health` is what findings.json holds. A finding opens an incident, or is found again; an open
    incident that is not found ends, unless no row was judged. Events have no sequence yet.
    """
    incidents = _of_model(known, health["model_name"])
    last = {_subject(each.opened): each for each in incidents}
    events: dict[tuple[str, ...], list[IncidentEvent]] = {}
    for finding in health["findings"]:
        found = _found(finding, health, moment=moment, run_id=run_id)
        subject = _subject(found)
        told = events.setdefault(subject, [])
        told += _told_of(found, last.get(subject), is_first=not told)
    if health["rows"]:
        for subject, incident in last.items():
            if incident.is_open and subject not in events:
                events[subject] = [_ended(incident, health, moment=moment, run_id=run_id)]
    return [event for told in events.values() for event in told]


def claims(
    known: Sequence[IncidentEvent],
    monitor: Monitor,
    health: Findings,
    *,
    moment: str,
    run_id: str,
) -> list[IncidentEvent]:
    """Return a claim of each action that is due and that no other run has done.

    An action that another run has claimed, of which nothing is known, is claimed too: whoever acts
    looks first whether that run is at it still.
    """
    claimed: list[IncidentEvent] = []
    for incident in _of_model(known, health["model_name"]):
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


def _of_model(known: Sequence[IncidentEvent], model_name: str) -> list[Incident]:
    return list(incidents_of(e for e in known if e.model_name == model_name).values())


def _subject(event: IncidentEvent) -> tuple[str, ...]:
    return event.model_name, event.kind, event.column, event.slice


def _found(
    finding: Mapping[str, Any], health: Findings, *, moment: str, run_id: str
) -> IncidentEvent:
    return IncidentEvent(
        sequence=0,
        incident="",
        number=0,
        event=FOUND,
        as_of=moment,
        run_id=run_id,
        model_name=health["model_name"],
        model_version=health["model_version"],
        kind=finding["kind"],
        column=finding["column"] or "",
        slice=finding["slice"],
        level=finding["level"],
        day=finding["day"],
        cause=finding["cause"],
        evidence=json.dumps(finding["evidence"], sort_keys=True),
    )


def _told_of(
    found: IncidentEvent, incident: Incident | None, *, is_first: bool
) -> Iterator[IncidentEvent]:
    """Yield the event of a finding: it opens an incident, or is a cause that is not known yet."""
    number = incident.opened.number if incident else 0
    if incident and incident.is_open:
        if cause_of(found) not in incident.causes or found.level != incident.level:
            yield replace(found, number=number, incident=incident.opened.incident)
        return
    named = replace(found, number=number + 1, incident=_id_of(found, number + 1))
    yield replace(named, event=OPENED) if is_first else named


def _id_of(event: IncidentEvent, number: int) -> str:
    """Name an incident by what it is of, so that two runs name it alike; a job's name has it."""
    facts = json.dumps([*_subject(event), number])
    return hashlib.sha256(facts.encode()).hexdigest()[:12]


def _ended(incident: Incident, health: Findings, *, moment: str, run_id: str) -> IncidentEvent:
    version = health["model_version"]
    made = {"as_of": moment, "run_id": run_id, "model_version": version}
    return replace(incident.newest, event=ENDED, day=health["last_day"], **made)


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
    for other in _of_model(known, own.model_name):
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
