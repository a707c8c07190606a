"""The properties that the service adds to a job, as recorded sessions have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.references import DEFAULT
from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.jobs.translate import single_node
from aml_pipelines.workspace.jobs.vocabulary import SERVERLESS

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.fields import JsonObject

_TARGET, _CLUSTER = "_azureml.ComputeTargetType", "_azureml.ClusterName"


def run_properties(job: JsonObject) -> dict[str, str | None]:
    """Return what the service says of a job with the properties `job`.

    Of a command it is the cluster, and nothing of any other single node.
    """
    if job.get("jobType") == "Command":
        cluster = _name(job.get("computeId"))
        is_none = cluster in ("", SERVERLESS)
        return {_TARGET: "amlctrain", _CLUSTER: None if is_none else cluster}
    if single_node(job):
        return {}
    settings = mapping_in(job, "settings")
    continues = settings.get("continue_on_step_failure")
    compute = _name(settings.get("default_compute") or job.get("computeId"))
    literals = {
        name: str(mapping(port)["value"])
        for name, port in mapping_in(job, "inputs").items()
        if mapping(port).get("jobInputType") == "literal"
    }
    return {
        "azureml.DevPlatv2": "true",
        "azureml.DatasetAccessMode": "Asset",
        "azureml.runsource": "azureml.PipelineRun",
        "runSource": "MFE",
        "runType": "HTTP",
        "azureml.parameters": json.dumps(literals, separators=(",", ":")),
        "azureml.continue_on_step_failure": str(continues in (None, True)),
        "azureml.continue_on_failed_optional_input": "True",
        "azureml.enforceRerun": str(bool(settings.get("force_rerun"))),
        **({"azureml.defaultComputeName": compute} if compute else {}),
        "azureml.defaultDataStoreName": _name(settings.get("default_datastore")) or DEFAULT,
        "azureml.pipelineComponent": "pipelinerun",
    }


def _name(identifier: object) -> str:
    return str(identifier or "").rpartition("/")[2].removeprefix("azureml:")
