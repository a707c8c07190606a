"""The data of a node: where its inputs and outputs are while it runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.kinds import runnable_kind
from aml_pipelines.execution.tables import StagedTable, evaluated_table, staged_table
from aml_pipelines.pipeline.mltable_file import MLTABLE
from aml_pipelines.pipeline.read_ports import EVALUATED, READ_ONLY
from aml_pipelines.pipeline.spec import LITERAL_TYPES
from aml_pipelines.pipeline.values import Constant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    # The files and folders whose content an input shows, where they are not at its path.
    sources: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)

    def sources_of(self, name: str) -> tuple[Path, ...]:
        """Return the files and folders whose content the input `name` shows."""
        return self.sources.get(name) or (Path(str(self.inputs[name])),)


def bring_inputs(
    node: PlannedNode,
    inputs: Mapping[str, str | None],
    folder: Path,
    lake: OpenLake,
    here: Callable[[str], str],
) -> NodeData:
    """Copy a node's inputs from the lake, or name them, as their modes say; place its outputs.

    Copies go below `folder`. `here` returns the local path of an address that an MLTable names, or
    raises UserError. Raises NodeFailedError when there is nothing at an input.
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
    staged = _tables(node, placed, folder / "tables", here)
    placed |= {name: str(table.place) for name, table in staged.items()}
    outputs = {
        name: lake.place_output(output.location, output.mode, for_spark=for_spark)
        if output.location.startswith(_REMOTE)
        else output.location
        for name, output in node.outputs.items()
    }
    data = [text for name, text in placed.items() if node.inputs[name].is_data]
    data += [output.location for output in node.outputs.values()]
    all_local = not any("://" in str(text) for text in data)
    sources = {name: table.sources for name, table in staged.items()}
    return NodeData(placed, outputs, all_local, sources)


def _tables(
    node: PlannedNode, placed: Mapping[str, str | None], folder: Path, here: Callable[[str], str]
) -> dict[str, StagedTable]:
    """Stage the MLTables that a node cannot read where they are, or gets evaluated."""
    kind, staged = runnable_kind(node.component.kind), {}
    for name, bound in node.inputs.items():
        place = placed[name]
        if not bound.is_data or bound.type != "mltable" or not place or "://" in place:
            continue
        # Azure also takes a folder for a table: then there is nothing to read.
        if bound.mode not in EVALUATED and not (Path(place) / MLTABLE).is_file():
            continue
        if bound.mode in EVALUATED and not kind.READS_TABLES:
            staged[name] = evaluated_table(Path(place), folder / name, here)
        elif table := staged_table(Path(place), folder / name, here):
            staged[name] = table
    return staged


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
        source: name
        for name, bound in node.inputs.items()
        if bound.is_data and bound.mode in READ_ONLY
        for source in data.sources_of(name)
    }


def _literal(name: str, file: Path) -> str:
    """Return the value of a literal output: the text that another node has written to its file."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NodeFailedError(f"has no value for its input {name!r}: {file}: {error}") from error
