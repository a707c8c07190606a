"""What lineage is told of: raw files, versions of tables, data assets and models."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ThingKind(StrEnum):
    """The kinds of things, as they are called in what is printed."""

    FILE = "file"
    TABLE = "table"
    DATA = "data"
    MODEL = "model"


@dataclass(frozen=True, order=True)
class Thing:
    """A thing by its kind, name and version; a file has no version.

    Names of files and tables are paths below the lake.
    """

    kind: ThingKind
    name: str
    version: str = ""

    def __str__(self) -> str:
        if self.kind == ThingKind.FILE:
            return self.name
        if self.kind == ThingKind.TABLE:
            return f"{self.name}@{self.version}"
        return f"{self.kind} {self.name}:{self.version}"


@dataclass(frozen=True)
class Made:
    """How a thing came to be; None is what nothing says.

    `moment` is in seconds since 1970, `commit` is of the repository, `rows` are those that a commit
    of a table wrote, or all of a data asset.
    """

    moment: float
    run: str | None
    commit: str | None
    rows: int | None


def file_of(path: str) -> Thing:
    return Thing(ThingKind.FILE, path)


def table_of(name: str, version: int) -> Thing:
    return Thing(ThingKind.TABLE, name, str(version))
