"""Wraps a component in a pipeline of one node, which is how Azure ML runs one alone."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.azure.render import Document, Rendered, read_job, rendered
from aml_pipelines.pipeline.kinds import node_kind
from aml_pipelines.pipeline.spec import LITERAL_TYPES
from aml_pipelines.repository import COMPONENTS
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.target import Target

CLUSTER = "azureml:cpu-cluster"


def component_names() -> list[str]:
    return sorted(file.parent.name for file in COMPONENTS.glob("*/component.yml"))


def component_job(name: str, target: Target, overrides: Mapping[str, str]) -> Rendered:
    """Return the job that runs the component `name`, or the one in a file, with these inputs.

    Raises UserError naming every input that needs a value and has none.
    """
    file = COMPONENTS / name / "component.yml" if name in component_names() else Path(name)
    component = read_job(file)
    declared: Document = component.get("inputs") or {}
    available = {"lake": target.lake, **target.inputs, **overrides}
    values = {key: available[key] for key in declared if key in available}
    lacking = [
        f"--set inputs.{key}=… ({port['type']})"
        for key, port in declared.items()
        if key not in values and "default" not in port and not port.get("optional")
    ]
    unknown = sorted(overrides.keys() - declared)
    if lacking or unknown:
        has = f"it has no inputs {unknown}; " if unknown else ""
        needs = f"it needs {', '.join(lacking)}" if lacking else f"it has {sorted(declared)}"
        raise UserError(f"component {component['name']!r}: {has}{needs}")
    job = _pipeline(component, file, {key: _typed(declared[key], values[key]) for key in values})
    origin = file.parent / "job.yml"
    return Rendered(rendered(job, target, {}, origin), origin)


def _pipeline(component: Document, file: Path, inputs: Document) -> Document:
    node = {
        "type": component["type"],
        "component": f"./{file.name}",
        "inputs": {key: f"${{{{parent.inputs.{key}}}}}" for key in inputs},
        **copy.deepcopy(node_kind(component["type"]).NODE_DEFAULTS),
    }
    return {
        "type": "pipeline",
        "display_name": component["name"],
        "experiment_name": component["name"],
        "settings": {"default_compute": CLUSTER},
        "inputs": inputs,
        "jobs": {component["name"]: node},
    }


def _typed(port: Document, value: object) -> object:
    if port["type"] in LITERAL_TYPES:
        return value
    mode = {"mode": port["mode"]} if "mode" in port else {}
    return {"type": port["type"], "path": value, **mode}
