"""The data of a node: where its inputs and outputs are while it runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.kinds import runnable_kind
from aml_pipelines.pipeline.spec import LITERAL_TYPES
from aml_pipelines.pipeline.values import Constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.execution.tracking import Tracking
    from aml_pipelines.pipeline.lake import OpenLake
    from aml_pipelines.pipeline.plan import PlannedNode

_REMOTE = "azureml://"
# The property of a run in which mldesigner tells the values of literal outputs.
_CONTROL = "azureml.pipeline.control"


@dataclass(frozen=True)
class NodeData:
    """The texts that a node's command gets for its inputs and outputs."""

    inputs: Mapping[str, str | None]
    outputs: Mapping[str, str]
    all_local: bool  # every input and output is a local path: only then can reuse compare content


def bring_inputs(
    node: PlannedNode, inputs: Mapping[str, str | None], folder: Path, lake: OpenLake
) -> NodeData:
    """Copy a node's inputs from the lake, or name them, as their modes say; place its outputs.

    Copies go below `folder`. Raises NodeFailedError when there is nothing at an input.
    """
    for_spark = runnable_kind(node.component.kind).FOR_SPARK
    placed = dict(inputs)
    for name, bound in node.inputs.items():
        uri = inputs[name]
        if uri is None or isinstance(bound.value, Constant):
            continue
        to = folder / "inputs" / name
        if bound.is_literal_output:
            is_remote = uri.startswith(_REMOTE)
            file = lake.bring_input(uri, "download", to, for_spark=False) if is_remote else uri
            placed[name] = _literal(name, Path(file))
        elif uri.startswith(_REMOTE):
            placed[name] = lake.bring_input(uri, bound.mode, to, for_spark=for_spark)
    outputs = {
        name: lake.place_output(output.location, output.mode, for_spark=for_spark)
        if output.location.startswith(_REMOTE)
        else output.location
        for name, output in node.outputs.items()
    }
    data = [text for name, text in placed.items() if node.inputs[name].is_data]
    data += [output.location for output in node.outputs.values()]
    return NodeData(placed, outputs, all_local=not any("://" in str(text) for text in data))


def take_outputs(node: PlannedNode, data: NodeData, lake: OpenLake) -> None:
    """Copy to the lake what a node has written to a folder in place of a mount."""
    for name, output in node.outputs.items():
        place = data.outputs[name]
        if place != output.location and "://" not in place:
            lake.take_output(place, output.location)


def make_outputs(node: PlannedNode, data: NodeData) -> None:
    """Create the folders that a node writes to, as Azure does before a node starts."""
    for output in node.outputs.values():
        if "://" in data.outputs[output.name]:
            continue
        place = Path(data.outputs[output.name])
        is_file = output.type in ("uri_file", *LITERAL_TYPES)
        is_folder = not is_file and output.mode != "direct"
        (place if is_folder else place.parent).mkdir(parents=True, exist_ok=True)


def fill_literals(node: PlannedNode, data: NodeData, tracking: Tracking) -> None:
    """Write the values that a node has told by its run, not in files, to where they are read."""
    files = {
        name: Path(data.outputs[name])
        for name, output in node.outputs.items()
        if output.type in LITERAL_TYPES and "://" not in data.outputs[name]
    }
    missing = {name: file for name, file in files.items() if not file.exists()}
    told = tracking.tag_of(node.run_name, _CONTROL) if missing else ""
    try:
        values = json.loads(told or "{}")
    except ValueError as error:
        raise NodeFailedError(f"has the tag {_CONTROL!r}, which is not JSON: {told}") from error
    for name, file in missing.items():
        if name in values:
            file.write_text(str(values[name]), encoding="utf-8")


def read_only_paths(node: PlannedNode, data: NodeData) -> dict[Path, str]:
    """Map the paths that Azure mounts read-only, or copies, to the inputs that they are."""
    return {
        Path(str(data.inputs[name])): name
        for name, bound in node.inputs.items()
        if bound.is_data and bound.mode in ("", "ro_mount", "mount", "download")
    }


def _literal(name: str, file: Path) -> str:
    """Return the value of a literal output: the text that another node has written to its file."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NodeFailedError(f"has no value for its input {name!r}: {file}: {error}") from error
