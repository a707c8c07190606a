"""Wraps the command of a batch deployment's job: in Azure it is the one step of a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.assets.component_spec import content_id
from aml_pipelines.workspace.assets.components import ANONYMOUS
from aml_pipelines.workspace.http.fields import mapping, mapping_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.assets.components import Components

STEP = "batchscoring"


def as_pipeline(components: Components, job: Mapping[str, object]) -> dict[str, object]:
    """Return the body of a pipeline job whose one node does what the command `job` would.

    The command becomes an anonymous component, as that of any step that states its own.
    """
    inputs, outputs = mapping_in(job, "inputs"), mapping_in(job, "outputs")
    spec = {
        "type": "command",
        "name": STEP,
        "version": "1",
        "command": job["command"],
        "code": job["codeId"],
        "environment": job["environmentId"],
        "inputs": {name: _declared(port, "jobInputType") for name, port in inputs.items()},
        "outputs": {name: _declared(port, "jobOutputType") for name, port in outputs.items()},
    }
    component, _ = components.put(
        ANONYMOUS,
        content_id(spec),
        {"componentSpec": spec, "isAnonymous": True},
        unless=lambda _: None,
    )
    node = {
        "type": "command",
        "componentId": f"azureml:{ANONYMOUS}:{component.version}",
        "environment_variables": job.get("environmentVariables"),
        "inputs": {name: _bound("inputs", name) for name in inputs},
        "outputs": {name: _bound("outputs", name) for name in outputs},
    }
    return {
        "jobType": "Pipeline",
        "inputs": inputs,
        "outputs": outputs,
        "settings": {"default_compute": job.get("computeId")},
        "jobs": {STEP: node},
    }


def _declared(port: object, kind: str) -> dict[str, object]:
    return {"type": mapping(port).get(kind)}


def _bound(ports: str, name: str) -> dict[str, str]:
    kind = "job_input_type" if ports == "inputs" else "type"
    return {kind: "literal", "value": f"${{{{parent.{ports}.{name}}}}}"}
