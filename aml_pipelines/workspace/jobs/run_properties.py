"""The properties that the service adds to a job, as recorded sessions have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.references import DEFAULT
from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.jobs.translate import single_node

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.fields import JsonObject

_TARGET, _CLUSTER = "_azureml.ComputeTargetType", "_azureml.ClusterName"


def run_properties(job: JsonObject) -> dict[str, str]:
    """Return what the service says of a job with the properties `job`.

    Of a single node it is the cluster, where the job names one.
    """
    if single_node(job):
        cluster = _name(job.get("computeId"))
        return {_TARGET: "amlctrain", _CLUSTER: cluster} if cluster else {}
    settings = mapping_in(job, "settings")
    continues = settings.get("continue_on_step_failure")
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
        "azureml.parameters": json.dumps(literals),
        "azureml.continue_on_step_failure": str(continues in (None, True)),
        "azureml.continue_on_failed_optional_input": "True",
        "azureml.enforceRerun": str(bool(settings.get("force_rerun"))),
        "azureml.defaultComputeName": _name(settings.get("default_compute")),
        "azureml.defaultDataStoreName": _name(settings.get("default_datastore")) or DEFAULT,
        "azureml.pipelineComponent": "pipelinerun",
    }


def _name(identifier: object) -> str:
    return str(identifier or "").rpartition("/")[2].removeprefix("azureml:")
