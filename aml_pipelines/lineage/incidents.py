"""The incidents of a dataset as the table in the lake's folder has them, read without Spark."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.lineage.table_logs import LOG, TableLog
from conf.incident import DONE, ENDED, RETRAIN, ROLL_BACK, TABLE, IncidentEvent, incidents_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conf.incident import ActionAttempt, Incident
    from conf.target import Target

_SHOWN_TEXT = 120  # characters of why an action failed


def read_incidents(target: Target, dataset: str) -> list[IncidentEvent]:
    """Read all events of a dataset's incidents; of a lake elsewhere none are known."""
    name = f"gold/{dataset}/{TABLE}"
    folder = Path(target.lake, name)
    if not target.has_folder or not (folder / LOG).is_dir():
        return []
    names = [field.name for field in fields(IncidentEvent)]
    return [IncidentEvent(**row) for row in TableLog(name, folder).rows(names).to_pylist()]


def incident_lines(events: Sequence[IncidentEvent]) -> Iterator[str]:
    """Yield how many incidents are open and since when, and what was done about each or was not."""
    incidents = incidents_of(events).values()
    since = sorted(each.opened.day for each in incidents if each.is_open)
    if since:
        number = "1 incident is open" if len(since) == 1 else f"{len(since)} incidents are open"
        yield f"{number}, the oldest since {since[0]}"
    for incident in incidents:
        for action, attempts in incident.attempts.items():
            if _is_of_interest(incident, action, attempts[-1]):
                yield _line(incident, action, attempts[-1])


def _is_of_interest(incident: Incident, action: str, last: ActionAttempt) -> bool:
    """Whether an action is of an incident that is open, or is still to be done."""
    if action in {RETRAIN, ROLL_BACK}:
        return incident.is_open
    return last.ended_as != DONE


def _line(incident: Incident, action: str, last: ActionAttempt) -> str:
    event = incident.opened
    what = " of ".join(filter(None, (event.kind, event.column)))
    moment, _, receiver = action.partition(":")
    told = "the end" if moment == ENDED else "the beginning"
    doing = f"telling {receiver} {told}" if receiver else action
    outcome, detail = last.ended_as or "not known", last.outcome.detail if last.outcome else ""
    return f"{what}: {doing}: {outcome}{f', {detail}' if detail else ''}"[:_SHOWN_TEXT]
