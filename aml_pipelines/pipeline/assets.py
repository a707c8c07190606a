"""Registered assets, and Azure ML's rules for their versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aml_pipelines.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

View = Literal["ActiveOnly", "ArchivedOnly", "All"]
LATEST = "latest"


@dataclass(frozen=True)
class Asset:
    """One version of a data asset or model; `path` is the URI it points to."""

    name: str
    version: str
    type: str
    path: str
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    stage: str | None = None
    is_anonymous: bool = False
    is_archived: bool = False
    created_at: float = 0.0
    modified_at: float = 0.0


@dataclass(frozen=True)
class DataAsset(Asset):
    """One version of a data asset; an MLTable also names the URIs that it refers to."""

    referenced_uris: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelAsset(Asset):
    """One version of a model; `source` is the local folder behind its path."""

    source: str = ""
    flavors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    job_name: str | None = None


@dataclass(frozen=True)
class EnvironmentAsset:
    """One version of an environment: its image, and the text of its conda file, if any."""

    name: str
    version: str
    image: str = ""
    conda: str = ""


@dataclass(frozen=True)
class Container:
    """The name of an asset, with what all its versions share."""

    name: str
    type: str
    description: str | None
    tags: Mapping[str, str]
    properties: Mapping[str, str]
    is_archived: bool
    created_at: float
    latest_version: str | None
    next_version: str


def next_version(versions: Iterable[str]) -> str:
    """Return the version after the greatest integer one; others do not count."""
    return str(max((int(version) for version in versions if is_integer(version)), default=0) + 1)


def is_integer(version: str) -> bool:
    return version.isascii() and version.isdecimal()


def version_order(version: str) -> tuple[int, int, str]:
    """Order versions as integers where they are, before all others, which order as text."""
    return (0, int(version), "") if is_integer(version) else (1, 0, version)


def is_shown(view: View, *, is_archived: bool) -> bool:
    return view == "All" or (view == "ArchivedOnly") == is_archived


def no_such_name(kind: str, name: str, names: Iterable[str]) -> NotFoundError:
    return NotFoundError(f"{kind} {name!r} is not registered; there are {sorted(names)}")


def no_such_version(kind: str, name: str, version: str, versions: Iterable[str]) -> NotFoundError:
    there_are = sorted(versions, key=version_order)
    return NotFoundError(f"{kind} {name!r} has no version {version!r}; it has {there_are}")


def no_such_label(kind: str, name: str, label: str) -> NotFoundError:
    return NotFoundError(
        f"{kind} {name!r} has no version labelled {label!r}; "
        f"the only label is {LATEST!r}, the newest version that is not archived"
    )
