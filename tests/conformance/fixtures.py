"""Loads the facts of recorded sessions of Azure ML from `recorded/`, one file for each area."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER = Path(__file__).with_name("recorded")
TOLERATED = Path(__file__).with_name("tolerated.yml")


@dataclass(frozen=True)
class Exchange:
    """A request and the service's answer; `differs` and `refused` say what is otherwise here.

    `request` is a method and a path below the workspace. `answer` is a shape, see shapes.py. `bind`
    names parts of the answer for later requests of the sequence. `differs` has the differences that
    are known, and `reason` says why they are left.
    """

    operation: str
    request: str
    body: object
    status: int
    headers: Mapping[str, str]
    answer: object
    bind: Mapping[str, str]
    differs: tuple[str, ...]
    is_refused: bool
    reason: str


@dataclass(frozen=True)
class Given:
    """A request that makes what a session found, and the names that later ones have of it."""

    request: str
    body: object
    bind: Mapping[str, str]


@dataclass(frozen=True)
class Recording:
    """Exchanges of one recorded session, in their order, on a workspace that has what is given."""

    name: str
    date: str
    files: tuple[str, ...]
    given: tuple[Given, ...]
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True)
class Area:
    """The recordings of one kind of resource."""

    name: str
    recordings: tuple[Recording, ...]


@dataclass(frozen=True)
class Tolerance:
    """A difference that no client can see, by how its line begins, and why.

    It is one of every request, or of `request` alone.
    """

    begins: str
    reason: str
    request: str = ""

    def covers(self, request: str, line: str) -> bool:
        """Return whether the difference `line` of the answer to `request` does not count."""
        return self.request in ("", request) and bool(re.match(self.begins, line))


def areas() -> list[Area]:
    """Load all areas, in the order of their files' names."""
    files = sorted(FOLDER.glob("*.yml"))
    return [_area(yaml.safe_load(file.read_text("utf-8"))) for file in files]


def tolerances() -> list[Tolerance]:
    """Load the short list of differences that do not count."""
    return [Tolerance(**item) for item in yaml.safe_load(TOLERATED.read_text("utf-8"))]


def _area(document: Mapping[str, Any]) -> Area:
    recordings = tuple(_recording(item) for item in document["sequences"])
    return Area(document["area"], recordings)


def _recording(fields: Mapping[str, Any]) -> Recording:
    given: Sequence[Mapping[str, Any]] = fields.get("given", ())
    return Recording(
        name=fields["recording"],
        date=f"{fields['date']:%Y-%m-%d}",
        files=tuple(fields.get("files", ())),
        given=tuple(
            Given(item["request"], item.get("body"), item.get("bind", {})) for item in given
        ),
        exchanges=tuple(_exchange(item) for item in fields["exchanges"]),
    )


def _exchange(fields: Mapping[str, Any]) -> Exchange:
    return Exchange(
        operation=fields["operation"],
        request=fields["request"],
        body=fields.get("body"),
        status=fields["status"],
        headers=fields.get("headers", {}),
        answer=fields.get("answer"),
        bind=fields.get("bind", {}),
        differs=tuple(fields.get("differs", ())),
        is_refused=fields.get("refused", False),
        reason=fields.get("reason", ""),
    )
