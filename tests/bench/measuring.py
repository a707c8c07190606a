"""Measures the work of one module in a process of its own, and says what it found."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

import psutil

from aml_pipelines.processes import LOOPBACK
from tests.bench.comparison import Comparison, compare
from tests.bench.event_log import logging_environment
from tests.bench.lakes import BenchError
from tests.bench.sizes import SIZES
from tests.bench.turns import NotHereError, UnequalOutcomesError, measure_in_turns
from tests.bench.usage import Usage, adopt_orphans
from tests.measured_at import short_commit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.turns import Work

_OF_THE_TABLE = "tests.bench.works"


@dataclass(frozen=True)
class Cost:
    """What one way to do some work cost, for so many rows."""

    work: str
    way: str
    rows: int
    usage: Usage


@dataclass
class Found:
    """What one module of work measured at a size: costs, comparisons, and what went wrong.

    `load` is the load of the machine in the minute before: how busy it was with other work.
    `commit` is empty where it was not written down.
    """

    module: str
    size: str
    machine: str
    load: float
    day: str
    commit: str
    costs: list[Cost] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    not_here: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def measure_module(module: str, size_name: str, folder: Path) -> Found:
    """Measure the work that a module of `works` yields at a size; `folder` is for its files."""
    adopt_orphans()
    size, events = SIZES[size_name], folder / "events"
    os.environ |= logging_environment(events)
    os.environ |= {"SPARK_LOCAL_IP": LOOPBACK, "PYSPARK_PYTHON": sys.executable}
    load, _, _ = os.getloadavg()
    found = Found(
        module, size_name, machine(), load, f"{datetime.now(tz=UTC):%Y-%m-%d}", short_commit()
    )
    try:
        for work in import_module(f"{_OF_THE_TABLE}.{module}").works(size, folder):
            _measure(work, found, turns=size.turns, events=events)
    except NotHereError as error:
        found.not_here.append(str(error))
    except BenchError as error:
        found.errors.append(str(error))
    return found


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def _measure(work: Work, found: Found, *, turns: int, events: Path) -> None:
    try:
        measured = measure_in_turns(work, turns=turns, events=events)
    except UnequalOutcomesError as error:
        found.errors.append(str(error))
        return
    found.costs += [
        Cost(work.title, way.name, way.rows, measured.usages[way.name]) for way in work.ways
    ]
    found.comparisons += compare(work, measured)
    if work.note:
        found.notes[work.title] = work.note
