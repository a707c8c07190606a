"""Searches all places of a target for what nothing names, and removes it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.execution.jvm.script import run_script
from aml_pipelines.execution.lakes import open_lake
from aml_pipelines.files import write_json
from aml_pipelines.leftovers.found import Found, Leftover, found_in, remove
from aml_pipelines.leftovers.named import named_in
from aml_pipelines.leftovers.places import UNDER_THE_LOCK, WITHOUT_IT
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conf.target import Target

# Of what is written without the lake's lock: a client may be at work on it.
UNLOCKED_HOURS = 1.0


@dataclass(frozen=True)
class Sought:
    """What is sought: tables of datasets or everything, of a least age in hours, to be removed.

    Versions of tables that were replaced at least `versions_older_than` days ago are sought too.
    """

    datasets: Sequence[str]
    older_than: float | None
    removes: bool
    versions_older_than: float | None = None


@dataclass(frozen=True)
class Tables:
    """What was found in the folders of tables, of crashes and, if sought, of old versions.

    `unread` says why of other tables nothing is known.
    """

    found: tuple[Found, ...]
    unread: dict[str, str]


def search_tables(target: Target, sought: Sought, now: datetime) -> Tables:
    """Find, or remove, the files of tables that no version named, and those of old versions.

    The caller holds the lock.
    """
    days = sought.versions_older_than
    with open_lake(target) as lake, tempfile.TemporaryDirectory() as made:
        mltables = Path(made, "mltables.json")
        named = named_in(StateFolder(Path(target.state))) if days is not None else None
        write_json(mltables, {"mltables": named.mltables if named else []})
        words = {
            "lake": target.lake,
            "datasets": ",".join(sought.datasets) or "all",
            "unchanged_since": moment(now, sought.older_than or 0.0),
            "replaced_before": "never" if days is None else moment(now, 24 * days),
            "mltables": mltables.as_uri(),
            "remove": "yes" if sought.removes else "no",
        }
        done = run_script(
            "care", words, target, output="leftovers", environment=lake.spark_environment
        )
    found = [_found("files of tables", done["tables"])]
    if days is not None:
        found.append(_found("old versions", done["old_versions"]))
    tables: list[dict[str, Any]] = [*done["tables"], *done["old_versions"]]
    unread = {each["table"]: each["unread"] for each in tables if each["unread"]}
    return Tables(tuple(found), unread)


def _found(place: str, tables: Sequence[Mapping[str, Any]]) -> Found:
    files = tuple(Leftover(**file) for table in tables for file in table["files"])
    return Found(place, files, sum(table.get("younger", 0) for table in tables))


def search_places(target: Target, sought: Sought, now: datetime) -> list[Found]:
    """Find, or remove, what nothing names beside the tables; the caller holds the lock."""
    folder = StateFolder(Path(target.state))
    named = named_in(folder)
    places = []
    for finds, least in ((UNDER_THE_LOCK, 0.0), (WITHOUT_IT, UNLOCKED_HOURS)):
        hours = least if sought.older_than is None else sought.older_than
        since = (now - timedelta(hours=hours)).timestamp()
        for place, find in finds.items():
            paths = list(find(folder, named))
            found = found_in(place, paths, root=folder.root, unchanged_since=since)
            places.append(found)
            if sought.removes:
                for leftover in found.leftovers:
                    remove(leftover, folder.root)
    return places


def moment(now: datetime, hours: float) -> str:
    """Return the moment that was some hours ago, as steps are told it."""
    return (now - timedelta(hours=hours)).astimezone(UTC).isoformat(timespec="milliseconds")
