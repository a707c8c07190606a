"""What the nodes of a plan touch beside their own run: jobs that touch the same may not overlap."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.execution.kinds import runnable_kind
from aml_pipelines.pipeline.plan import input_text, is_nested
from aml_pipelines.pipeline.values import Constant, Produced

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from aml_pipelines.pipeline.plan import Plan, PlannedNode


@dataclass(frozen=True)
class Touched:
    """The paths of a lake that a job may write, those that it reads, and whether it needs Spark.

    Two jobs with Spark never overlap: each has a JVM, and two fill a small machine.
    """

    written: tuple[str, ...]
    read: tuple[str, ...] = ()
    needs_spark: bool = False

    def __bool__(self) -> bool:
        return bool(self.written or self.read)

    def conflicts(self, other: Touched) -> bool:
        """Return whether one of two jobs may change what the other reads or writes."""
        return (
            (self.needs_spark and other.needs_spark)
            or _overlap(self.written, (*other.written, *other.read))
            or _overlap(other.written, self.read)
        )


def touched_by(plan: Plan, lake: Path) -> Touched:
    """Return what the nodes of `plan` touch in the folder `lake`, but for their own run."""
    root, own = str(lake), str(plan.locations.runs / plan.locations.run_id)
    written: set[str] = set()
    read: set[str] = set()
    nodes = plan.all_nodes.values()
    for node in nodes:
        written |= {path for path in _written(node) if _is_within(path, root)}
        read |= {path for path in _read(node) if _is_within(path, root)}
    needs_spark = any(runnable_kind(node.component.kind).FOR_SPARK for node in nodes)
    return Touched(
        tuple(sorted(path for path in written if not _is_within(path, own))),
        tuple(sorted(path for path in read if not _is_within(path, own))),
        needs_spark,
    )


def _written(node: PlannedNode) -> Iterator[str]:
    yield from (output.location for output in node.outputs.values())
    for bound in node.inputs.values():
        # A path that is passed as text may be meant for anything.
        if isinstance(bound.value, Constant):
            yield bound.value.text
        elif bound.mode == "rw_mount" and not isinstance(bound.value, Produced):
            yield input_text(bound, {}) or ""


def _read(node: PlannedNode) -> Iterator[str]:
    for bound in node.inputs.values():
        if bound.is_data and not isinstance(bound.value, Produced):
            yield input_text(bound, {}) or ""


def _is_within(path: str, folder: str) -> bool:
    return os.path.isabs(path) and f"{os.path.normpath(path)}/".startswith(f"{folder}/")  # noqa: PTH117 # text, not a path that is there


def _overlap(paths: Collection[str], others: Collection[str]) -> bool:
    return any(is_nested(path, others) for path in paths)
