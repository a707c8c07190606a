"""How nodes of each kind are run on this machine: one module each, found by its name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Protocol, cast

from aml_pipelines.execution import kind_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Ran, Workplace
    from aml_pipelines.pipeline.plan import PlannedNode


class RunnableKind(Protocol):
    """A kind of node as the executor sees it; `pipeline.kinds` has how it is read and checked.

    Its module states what differs from `kind_defaults`.
    """

    FOR_SPARK: bool  # data in mode direct is given by Spark's URIs, not by Azure ML's
    RUNS_CODE: bool  # it has a snapshot, an environment and a run in MLflow, and can be reused
    READS_TABLES: bool  # an MLTable stays one whatever its mode, for it is read before the script

    def run(self, node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
        """Run the node to its end; raises NodeFailedError when it fails."""
        ...

    def await_resources(self, context: RunContext) -> None:
        """Return when what the process needs besides the lake is there.

        Raises NodeFailedError when it will not be.
        """
        ...

    def environment(
        self, node: PlannedNode, context: RunContext
    ) -> AbstractContextManager[Mapping[str, str]]:
        """Yield the variables that only this kind needs, while the process runs."""
        ...

    def is_exclusive(self, node: PlannedNode, context: RunContext) -> bool:
        """Return whether no two nodes of this kind for which this is true may run at once."""
        ...


@cache
def runnable_kind(name: str) -> RunnableKind:
    """Return the kind with this name, which the planner has accepted."""
    module = import_module(f"{__name__}.{name}")
    return cast("RunnableKind", SimpleNamespace(**{**vars(kind_defaults), **vars(module)}))
