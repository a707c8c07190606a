"""What a node gets for data in a lake that is no folder: a URI, or a copy instead of a mount."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.values import Constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.azurite.lake import RemoteLake
    from aml_pipelines.pipeline.planned import PlannedNode

REMOTE = "azureml://"


@dataclass(frozen=True)
class Places:
    """The locations of a node's inputs and outputs, as its command gets them."""

    inputs: Mapping[str, str | None]
    outputs: Mapping[str, str]
    is_here: bool  # all of it: only then content tells whether an earlier run can stand for this


def bring_inputs(
    node: PlannedNode, inputs: Mapping[str, str | None], folder: Path, lake: RemoteLake | None
) -> Places:
    """Bring a node's remote inputs to `folder` as their modes say, and place its outputs.

    Raises NodeFailedError when there is nothing to bring.
    """
    outputs = {name: output.location for name, output in node.outputs.items()}
    if lake is None:
        return Places(inputs, outputs, is_here=True)
    placed, is_here = dict(inputs), True
    for name, bound in node.inputs.items():
        uri = inputs[name]
        if uri is None or isinstance(bound.value, Constant) or not uri.startswith(REMOTE):
            continue
        if bound.mode == "direct":
            placed[name], is_here = lake.spark_uri(uri) if node.is_spark else uri, False
        else:
            copy = folder / "inputs" / name
            lake.download(uri, copy)
            placed[name] = str(copy)
    for name, output in node.outputs.items():
        if not output.location.startswith(REMOTE):
            continue
        is_here = False
        if output.mode != "direct":
            outputs[name] = str(lake.copy_of(output.location))
        elif node.is_spark:
            outputs[name] = lake.spark_uri(output.location)
    return Places(placed, outputs, is_here)


def take_outputs(node: PlannedNode, places: Places, lake: RemoteLake | None) -> None:
    """Bring what a node has written to a folder that stands for a mount to the lake."""
    for name, output in node.outputs.items():
        place = places.outputs[name]
        if lake and place != output.location and "://" not in place:
            lake.upload(Path(place), output.location)
