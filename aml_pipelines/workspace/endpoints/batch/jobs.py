"""Makes the jobs of batch deployments: a command over files, or the graph of a component."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING

from aml_pipelines.errors import RefusedError
from aml_pipelines.execution.mini_batches.settings import IGNORE_ERRORS, Settings
from aml_pipelines.execution.mini_batches.staging import COMMAND, stage_driver
from aml_pipelines.workspace.assets.kinds import CODES
from aml_pipelines.workspace.endpoints.batch.child import as_pipeline
from aml_pipelines.workspace.endpoints.deployments import (
    MLFLOW_ENVIRONMENT,
    NO_CODE_BATCH,
    NO_CODE_SCORER,
    deployed_code,
    deployed_model,
)
from aml_pipelines.workspace.http.fields import mapping
from aml_pipelines.workspace.jobs.batch_policy import DEPLOYMENT
from aml_pipelines.workspace.jobs.vocabulary import named, seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.assets import ModelAsset
    from aml_pipelines.workspace.served import ServedWorkspace
    from aml_pipelines.workspace.store.documents import StoredDocument

OUTPUT, NODE = "score", "pipeline"
ENDPOINT = "azureml.endpointname"
_FILES = ("uri_folder", "uri_file")
_SUMMARY_ONLY = "SummaryOnly"
_ROWS = "predictions.csv"
_KINDS = {
    "Literal": "literal",
    "UriFile": "uri_file",
    "UriFolder": "uri_folder",
    "MLTable": "mltable",
    "MLFlowModel": "mlflow_model",
    "CustomModel": "custom_model",
    "TritonModel": "triton_model",
}


def is_pipeline(properties: Mapping[str, object]) -> bool:
    """Return whether a deployment is of a pipeline component."""
    return bool(properties.get("deploymentConfiguration"))


def stage_code(workspace: ServedWorkspace, properties: Mapping[str, object]) -> str:
    """Register the code of a model deployment's jobs; returns its path below the workspace.

    Raises RefusedError when there is no such code, and NotFoundError without the model.
    """
    model = deployed_model(workspace.registry, properties)
    code, script = deployed_code(workspace.sources, properties, model)
    if code == NO_CODE_SCORER:
        script = NO_CODE_BATCH
    container = secrets.token_hex(16)
    snapshot = workspace.folder.uploads / container / "batch"
    shutil.copytree(code, snapshot / "code", copy_function=shutil.copyfile)
    # The driver goes into the snapshot: the job runs it as any code, and knows no workspace.
    stage_driver(snapshot, _settings(properties, script))
    uri = f"azureml://datastores/workspaceblobstore/paths/uploads/{container}/batch"
    workspace.assets[CODES.plural].put_version(container, "1", {"codeUri": uri})
    return f"codes/{container}/versions/1"


def job_body(
    workspace: ServedWorkspace,
    deployment: StoredDocument,
    invocation: Mapping[str, object],
    *,
    endpoint: str,
) -> dict[str, object]:
    """Return the body of the job that an `invocation` of `deployment` submits."""
    properties = deployment.properties
    data = mapping(invocation.get("inputData"))
    inputs = {name: _port(mapping(value), "jobInputType") for name, value in data.items()}
    shared = {
        "displayName": f"{endpoint}-{deployment.name.rpartition('/')[2]}",
        "experimentName": mapping(invocation.get("properties")).get("experimentName") or endpoint,
        "properties": {
            ENDPOINT: endpoint,
            DEPLOYMENT: deployment.name.rpartition("/")[2],
        },
    }
    outputs = {
        name: _port(mapping(value), "jobOutputType")
        for name, value in mapping(invocation.get("outputData")).items()
    }
    if is_pipeline(properties):
        return {**shared, **_pipeline(workspace, properties, inputs, outputs)}
    model = deployed_model(workspace.registry, properties)
    command = _command(deployment, model, inputs, outputs)
    return {**shared, **as_pipeline(workspace.components, command)}


def _command(
    deployment: StoredDocument,
    model: ModelAsset | None,
    inputs: Mapping[str, object],
    outputs: Mapping[str, object],
) -> dict[str, object]:
    properties = deployment.properties
    kinds = {name: str(mapping(value).get("jobInputType")) for name, value in inputs.items()}
    if len(kinds) != 1 or not set(kinds.values()) <= {*_FILES}:
        raise RefusedError(
            f"a model deployment scores one input, of type {_FILES}; asked for is {kinds}"
        )
    unknown = sorted(set(outputs) - {OUTPUT})
    if unknown:
        raise RefusedError(f"there are no outputs {unknown}; there is {OUTPUT!r}")
    weights = {}
    if model:
        asset = f"azureml:{model.name}:{model.version}"
        weights = {"model_of_deployment": {"jobInputType": model.type, "uri": asset}}
    (scored,) = kinds
    return {
        "jobType": "Command",
        "command": _command_line(scored, properties, has_model=model is not None),
        "codeId": deployment.content["codeId"],
        "environmentId": properties.get("environmentId") or _environment_of_model(properties),
        "environmentVariables": properties.get("environmentVariables"),
        "computeId": properties.get("compute"),
        "inputs": {**inputs, **weights},
        "outputs": {OUTPUT: {"jobOutputType": "uri_folder"}, **outputs},
    }


def _command_line(scored: str, properties: Mapping[str, object], *, has_model: bool) -> str:
    score = "${{outputs.score}}"
    words = [*COMMAND, f"--input '${{{{inputs.{scored}}}}}'", f"--output '{score}'"]
    if has_model:
        words.append("--model '${{inputs.model_of_deployment}}'")
    if properties.get("outputAction") != _SUMMARY_ONLY:
        words.append(f"--append-to '{score}/{properties.get('outputFileName') or _ROWS}'")
    return " ".join(words)


def _environment_of_model(properties: Mapping[str, object]) -> object:
    return None if properties.get("codeConfiguration") else MLFLOW_ENVIRONMENT


def _pipeline(
    workspace: ServedWorkspace,
    properties: Mapping[str, object],
    inputs: Mapping[str, object],
    outputs: Mapping[str, object],
) -> dict[str, object]:
    configuration = mapping(properties["deploymentConfiguration"])
    component = str(mapping(configuration.get("componentId")).get("assetId"))
    _, _, end = component.partition("/components/")
    name, _, version = end.partition("/versions/")
    registered = workspace.components.version(name, version)
    spec = mapping(registered.properties["componentSpec"])
    declared = {
        key: {"jobOutputType": mapping(port).get("type")}
        for key, port in mapping(spec.get("outputs")).items()
    }
    return {
        "jobType": "Pipeline",
        "inputs": inputs,
        "outputs": {**declared, **outputs},
        "settings": {key: _read(value) for key, value in _pipeline_settings(configuration)},
        "jobs": {
            NODE: {
                "type": "pipeline",
                "componentId": component,
                "inputs": {key: _bound("inputs", key) for key in inputs},
                "outputs": {key: _bound("outputs", key) for key in declared},
            }
        },
    }


def _pipeline_settings(configuration: Mapping[str, object]) -> list[tuple[str, object]]:
    names = ("default_compute", "continue_on_step_failure", "force_rerun")
    settings = mapping(configuration.get("settings"))
    return [(key, settings[key]) for key in names if settings.get(key) is not None]


def _read(setting: object) -> object:
    # The API has these as text, and a pipeline's settings as what they are.
    return {"true": True, "false": False}.get(str(setting).lower(), setting)


def _bound(ports: str, name: str) -> dict[str, str]:
    kind = "job_input_type" if ports == "inputs" else "type"
    return {kind: "literal", "value": f"${{{{parent.{ports}.{name}}}}}"}


def _port(port: Mapping[str, object], field: str) -> dict[str, object]:
    kind = str(port.get(field))
    fields = {name: port[name] for name in ("uri", "value", "mode") if port.get(name) is not None}
    return {**fields, field: _KINDS.get(kind, kind)}


def _settings(properties: Mapping[str, object], script: str) -> Settings:
    retries = mapping(properties.get("retrySettings"))

    def number(owner: Mapping[str, object], name: str, default: int) -> int:
        value = named(owner, name)
        return default if value is None else int(str(value))

    return Settings(
        code="code",
        script=script,
        mini_batch_size=number(properties, "miniBatchSize", 10),
        workers=number(properties, "maxConcurrencyPerInstance", 1),
        error_threshold=number(properties, "errorThreshold", IGNORE_ERRORS),
        max_retries=number(retries, "maxRetries", 3),
        timeout=float(str(seconds_of(retries.get("timeout") or "PT30S"))),
    )
