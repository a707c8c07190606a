"""A source of a dataset: where its raw files arrive, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conf.document import Section

FORMATS = ("csv", "jsonl", "parquet", "delta")


@dataclass(frozen=True)
class Source:
    """Raw data: where it arrives, a glob below the lake (a folder for Delta), and its format.

    `compare` says how a file that changed is told: by its size and time, or by its content too.
    """

    path: str
    format: str
    compare: str


def read_source(section: Section) -> Source:
    section.allow("path", "format", "compare")
    path = section.value("path", str)
    if path.startswith("/") or ".." in Path(path).parts or "://" in path:
        section.refuse(
            f"{section.where_of('path')}: path {path!r} is not below the lake; write it relative"
        )
    return Source(
        path,
        section.choice("format", FORMATS),
        section.choice("compare", ("listing", "content"), "listing"),
    )
