"""How things and numbers are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.lineage.things import ThingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aml_pipelines.lineage.things import Thing


def ranges(things: Iterable[Thing]) -> list[str]:
    """Return a line for each name, with its versions."""
    versions: dict[tuple[ThingKind, str], list[str]] = {}
    for thing in things:
        versions.setdefault((thing.kind, thing.name), []).append(thing.version)
    return [_line(kind, name, found) for (kind, name), found in versions.items()]


def number_of_rows(rows: int) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'}"


def _line(kind: ThingKind, name: str, versions: list[str]) -> str:
    if kind == ThingKind.TABLE:
        first, last = min(versions, key=int), max(versions, key=int)
        return f"{name}@{first}" + (f" to @{last}" if first != last else "")
    return f"{kind} {name}:{', '.join(versions)}"
