"""Registers named outputs: those of a node when it has completed, a pipeline's when it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.record import RunRecord
    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.spec import NewAsset


@dataclass(frozen=True)
class NamedOutput:
    """An output that a job has made, and the asset that it becomes."""

    asset: NewAsset
    type: str
    location: str
    job: str


def register_outputs(
    node: PlannedNode, outputs: Mapping[str, str], context: RunContext
) -> dict[str, str]:
    """Register the named outputs of a node that has completed; return each asset's reference.

    Raises NodeFailedError where one cannot be.
    """
    named = {
        name: NamedOutput(output.asset, output.type, outputs[name], node.run_name)
        for name, output in node.outputs.items()
        if output.asset
    }
    return {name: _registered(name, output, context) for name, output in named.items()}


def register_pipeline_outputs(context: RunContext, record: RunRecord) -> None:
    """Register the named outputs of a pipeline that has completed, or record why it has failed."""
    for name, node, output in _of_pipeline(context, record):
        try:
            reference = _registered(name, output, context)
        except NodeFailedError as error:
            record.nodes[node].status, record.nodes[node].error = "Failed", str(error)
            record.end("Failed")
            return
        record.registered = {**record.registered, name: reference}
    record.write()


def _of_pipeline(context: RunContext, record: RunRecord) -> Iterator[tuple[str, str, NamedOutput]]:
    plan = context.plan
    for name, asset in plan.new_assets.items():
        made = plan.outputs[name]
        outputs = record.nodes[made.node].outputs
        if made.output in outputs and record.nodes[made.node].status == "Completed":
            location = f"{outputs[made.output]}{made.inside}"
            yield name, made.node, NamedOutput(asset, made.type, location, context.run_id)


def _registered(name: str, output: NamedOutput, context: RunContext) -> str:
    try:
        version = context.register(output)
    except UserError as error:
        raise NodeFailedError(f"made output {name!r}, which is not registered: {error}") from error
    return f"azureml:{output.asset.name}:{version}"
