"""Serverless Spark's runtimes and instance types, and what does not fit them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.problems import Finding, Problems
from aml_pipelines.pipeline.yaml_lines import read_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conf.target import Target
    from conf.yaml_lines import Place

# Microsoft Learn, "Apache Spark pool configurations in Azure Synapse Analytics": cores of a node,
# and the memory in GiB that is left of it for a driver or an executor.
SIZES = {
    "standard_e4s_v3": (4, 28),
    "standard_e8s_v3": (8, 56),
    "standard_e16s_v3": (16, 112),
    "standard_e32s_v3": (32, 224),
    "standard_e64s_v3": (64, 400),
}
RUNTIMES = ("3.5",)
ENDED_RUNTIMES = {"3.2": "2023-07-08", "3.3": "2025-03-31", "3.4": "2026-03-31"}
_MEMORY = re.compile(r"(?P<number>\d+)(?P<unit>[kmgt])b?", re.IGNORECASE)
_GIBIBYTES = {"k": 1 / 1024**2, "m": 1 / 1024, "g": 1, "t": 1024}


@dataclass(frozen=True)
class Process:
    """A driver or an executor, as Spark's conf sizes it."""

    role: str
    cores: str
    memory: str


def gibibytes(memory: str) -> float | None:
    """Return the GiB of a JVM memory string such as 4g; None when it is none."""
    match = _MEMORY.fullmatch(memory)
    return int(match["number"]) * _GIBIBYTES[match["unit"].lower()] if match else None


def misfit(process: Process, instance_type: str) -> str:
    """Return why a driver or an executor does not fit on an instance; empty when it does."""
    cores, usable = SIZES[instance_type]
    memory = gibibytes(process.memory)
    if memory is None:
        return f"{process.role}.memory {process.memory!r} is no size such as 4g"
    if process.cores.isdecimal() and int(process.cores) > cores:
        return f"{process.role}.cores {process.cores} is more than the {cores} of {instance_type}"
    if memory > usable:
        return (
            f"{process.role}.memory {process.memory} is more than the {usable}g that "
            f"{instance_type} has for it"
        )
    return ""


def runtime_findings(target: Target) -> Iterator[Finding]:
    """Yield a Spark runtime of the target that Azure has not, or no longer."""
    version = target.spark.runtime_version
    place = read_fields(target.file, Problems()).mapping("spark").place_of("runtime_version")
    ended = ENDED_RUNTIMES.get(version)
    if ended:
        yield Finding(
            place,
            f"runtime_version {version!r} has had no support since {ended}, and its jobs are being "
            f"switched off; use {RUNTIMES[-1]!r}",
        )
    elif version not in RUNTIMES:
        yield Finding(
            place, f"runtime_version {version!r} does not exist; use {', '.join(RUNTIMES)}"
        )


def size_findings(target: Target, conf: Mapping[str, str], place: Place) -> Iterator[Finding]:
    """Yield an instance type that Azure has not, and processes that do not fit on it."""
    size = target.spark.instance_type.lower()
    if size not in SIZES:
        spark = read_fields(target.file, Problems()).mapping("spark")
        yield Finding(
            spark.place_of("instance_type"),
            f"instance_type {size!r} is none of serverless Spark's: {', '.join(SIZES)}",
        )
        return
    for role in ("driver", "executor"):
        cores = conf.get(f"spark.{role}.cores", "1")
        process = Process(f"spark.{role}", cores, conf.get(f"spark.{role}.memory", "1g"))
        wrong = misfit(process, size)
        if wrong:
            yield Finding(
                place, f"{wrong}; ask for less, or for a larger instance in {target.file.name}"
            )
