"""What serverless Spark offers: instance types, and what a Spark process can have of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    """Give the GiB of a JVM memory string such as 4g; None when it is none."""
    match = _MEMORY.fullmatch(memory)
    return int(match["number"]) * _GIBIBYTES[match["unit"].lower()] if match else None


def misfit(process: Process, instance_type: str) -> str:
    """Say why a driver or an executor does not fit on an instance; empty when it does."""
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
