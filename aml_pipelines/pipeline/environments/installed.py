"""Compares what an environment asks for with what is installed."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from aml_pipelines.pipeline.environments.conda import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aml_pipelines.pipeline.environments.asked import Asked

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Difference:
    """Something that is asked for and not there; `requirement` is what pip would be told."""

    text: str
    requirement: str = ""


def differences(asked: Asked) -> tuple[Difference, ...]:
    """Return what `asked` asks for and this environment has not, each once."""
    found = [
        *_of_packages(asked.packages),
        *(Difference(f"{line} (cannot be compared)", line) for line in asked.unread),
        *missing_programs(asked),
    ]
    return tuple(dict.fromkeys(found))


# Many nodes of many pipelines ask for the same packages, and what is installed stays.
@cache
def _of_packages(packages: tuple[Requirement, ...]) -> tuple[Difference, ...]:
    return tuple(item for requirement in packages for item in _package(requirement, ""))


def missing_programs(asked: Asked) -> tuple[Difference, ...]:
    """Return the programs that are not on this machine: nothing here installs one."""
    return tuple(
        Difference(f"{name} (a conda package that is no Python package)")
        for name in asked.programs
        if not (PROGRAMS.get(name) and shutil.which(PROGRAMS[name]))
    )


def _package(requirement: Requirement, extra: str) -> Iterator[Difference]:
    if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
        return
    version = _version(requirement.name)
    bare = Requirement(str(requirement))
    bare.marker = None
    if version is None:
        yield Difference(f"{bare} (not installed)", str(bare))
    elif requirement.url:
        yield Difference(f"{bare} ({version} is installed, from elsewhere)", str(bare))
    elif not requirement.specifier.contains(version, prereleases=True):
        yield Difference(f"{bare} ({version} is installed)", str(bare))
    else:
        for name in requirement.extras:
            for text in metadata.requires(requirement.name) or ():
                if "extra" in text:
                    yield from _package(Requirement(text), name)


# Each call reads and parses a file, and nodes ask for the same packages.
@cache
def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
