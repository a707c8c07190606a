"""What a kind of node does not state itself of how it runs: no resources, no variables."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.pipeline.plan import PlannedNode

FOR_SPARK = False
RUNS_CODE = True
READS_TABLES = False


def await_resources(context: RunContext) -> None:
    """Return when the workspace answers: code may register or read assets at once."""
    context.await_workspace()


def environment(_: PlannedNode, __: RunContext) -> AbstractContextManager[Mapping[str, str]]:
    """Yield nothing: a process needs no variables beyond those of every node."""
    return nullcontext({})


def is_exclusive(_: PlannedNode, __: RunContext) -> bool:
    """Return False: nodes share nothing but the machine."""
    return False
