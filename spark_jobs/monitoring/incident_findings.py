"""What a run of monitoring has seen of incidents: those that begin, change and end.

Nothing here reads or writes: the same events and findings lead to the same decisions.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conf.incident import (
    ENDED,
    FOUND,
    OPENED,
    Incident,
    IncidentEvent,
    cause_of,
    incidents_of_model,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
    newest = (each.newest for each in incidents_of_model(known, health["model_name"]))
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
    incidents = incidents_of_model(known, health["model_name"])
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
