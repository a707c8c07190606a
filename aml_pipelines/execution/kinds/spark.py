"""Spark nodes on this machine: the shared JVM for this project's own, one each for all others."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.jvm.node_settings import memory, own_jvm_environment, shares_jvm
from aml_pipelines.execution.jvm.warm import WarmJvm
from aml_pipelines.execution.process import run_process
from aml_pipelines.pipeline.kinds import spark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Ran, Workplace
    from aml_pipelines.pipeline.lake import OpenLake
    from aml_pipelines.pipeline.plan import Plan, PlannedNode

# Its one file is run by Python before a script.
_AZURE_SPARK = Path(__file__).parents[1] / "azure_spark"
FOR_SPARK = True


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Run the entry script with its arguments in Python."""
    arguments = ["python", *spark.arguments(node.component, data.inputs, data.outputs)]
    return run_process(arguments, node, place, context)


def await_resources(_: RunContext) -> None:
    """Return at once: Spark nodes work on the lake, and the workspace listens already."""


@contextmanager
def environment(node: PlannedNode, context: RunContext) -> Iterator[Mapping[str, str]]:
    """Yield the variables by which the script finds a JVM, and what Azure adds to PySpark."""
    with _jvm(node, context) as variables:
        importable = [str(_AZURE_SPARK), variables.get("PYTHONPATH", "")]
        yield {**variables, "PYTHONPATH": os.pathsep.join(filter(None, importable))}


def _jvm(node: PlannedNode, context: RunContext) -> AbstractContextManager[Mapping[str, str]]:
    """Yield the variables of the shared JVM, or of one of its own."""
    if context.jvm and is_exclusive(node, context):
        return context.jvm.prepared(spark.spark_code(node.component).conf)
    own = own_jvm_environment(node.component, context.master)
    return nullcontext({**own, **context.lake.spark_environment})


def is_exclusive(node: PlannedNode, context: RunContext) -> bool:
    """Return whether the node runs in the shared JVM, which serves one node at a time."""
    return context.jvm is not None and shares_jvm(node.component, context.jvm.memory)


@contextmanager
def warm_jvm(
    plans: Sequence[Plan], *, master: str, folder: Path, lake: OpenLake
) -> Iterator[WarmJvm | None]:
    """Start a JVM for the Spark nodes of `plans` that can share one, if there are any."""
    nodes = [node for plan in plans for node in plan.all_nodes.values()]
    components = [node.component for node in nodes if node.component.kind == "spark"]
    shared = [item for item in components if shares_jvm(item, memory(item))]
    if not shared:
        yield None
        return
    with WarmJvm(
        memory=memory(shared[0]), master=master, folder=folder, environment=lake.spark_environment
    ) as jvm:
        yield jvm
