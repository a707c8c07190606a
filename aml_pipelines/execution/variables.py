"""The variables that every node sees, by Azure's names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aml_pipelines.execution.tracking import run_id
from aml_pipelines.inherited import inherited_variables
from aml_pipelines.processes import LOOPBACK

if TYPE_CHECKING:
    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.pipeline.plan import PlannedNode

# What is importable here must be importable in Azure: nothing but the snapshot and the packages.
_NOT_INHERITED = ("PYTHONPATH", "PYTHONHOME", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID")


def node_variables(node: PlannedNode, data: NodeData, context: RunContext) -> dict[str, str]:
    """Return the variables of a node's process, but for those of its kind and environment."""
    experiment = context.plan.pipeline.experiment
    return {
        **inherited_variables(but=_NOT_INHERITED),
        # Lines of a node that is killed must be in its log.
        "PYTHONUNBUFFERED": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "SPARK_LOCAL_IP": LOOPBACK,
        # Nodes share the cores here: threads that spin while they wait slowed a node 6 times.
        "OMP_WAIT_POLICY": "PASSIVE",
        **context.job_environment,
        **_tracking(context, is_own=context.environment_of(node).is_own),
        "AZUREML_RUN_ID": node.run_name,
        "AZUREML_ROOT_RUN_ID": context.run_id,
        "AZUREML_EXPERIMENT_NAME": experiment,
        "AZUREML_ARM_PROJECT_NAME": experiment,
        "AZUREML_NODE_COUNT": "1",
        "MLFLOW_EXPERIMENT_NAME": experiment,
        "MLFLOW_RUN_ID": run_id(node.run_name),
        **_data_variables(node, data),
        **node.environment_variables,
    }


def _tracking(context: RunContext, *, is_own: bool) -> dict[str, str]:
    """Return how a node's own MLflow reaches the workspace: its database is this MLflow's alone."""
    if not is_own:
        return {}
    served = {**os.environ, **context.job_environment}
    return {
        "MLFLOW_TRACKING_URI": f"{served['AZUREML_DEV_URL_MFE']}/mlflow",
        "MLFLOW_TRACKING_TOKEN": served["IDENTITY_HEADER"],
    }


def _data_variables(node: PlannedNode, data: NodeData) -> dict[str, str]:
    inputs = {
        f"AZURE_ML_INPUT_{name}": str(data.inputs[name])
        for name, bound in node.inputs.items()
        if bound.is_data
    }
    outputs = {f"AZURE_ML_OUTPUT_{name}": place for name, place in data.outputs.items()}
    references = {f"AZUREML_DATAREFERENCE_{name}": place for name, place in data.outputs.items()}
    return {**inputs, **outputs, **references}
