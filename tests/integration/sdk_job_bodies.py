"""Jobs as users write them, each with something that the SDK sends in a way of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Yaml = dict[str, object]
TABLE: Yaml = {"type": "mltable", "path": "azureml://datastores/lake/paths/gold/train"}
FOLDER: Yaml = {"type": "uri_folder", "path": "azureml://datastores/lake/paths/raw"}

# As the client writes what it has resolved.
_HERE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
    "/providers/Microsoft.MachineLearningServices/workspaces/local"
)


def asset(kind: str, name: str) -> str:
    """Return the reference to version 1 of an asset."""
    return f"azureml:{_HERE}/{kind}/{name}/versions/1"


def _command(**more: object) -> Yaml:
    return {
        "type": "command",
        "command": "ls",
        "environment": asset("environments", "image"),
        **more,
    }


def _resources(**more: object) -> Yaml:
    return _command(resources=more)


def _sweep(algorithm: object, **more: object) -> Yaml:
    return {
        "type": "sweep",
        "trial": {
            "command": "ls ${{search_space.a}}",
            "environment": asset("environments", "image"),
        },
        "search_space": {"a": {"type": "choice", "values": [1, 2]}},
        "sampling_algorithm": algorithm,
        "objective": {"goal": "maximize", "primary_metric": "m"},
        "limits": {"max_total_trials": 2, "max_concurrent_trials": 1, "timeout": 60},
        **more,
    }


def _automl(task: str, **more: object) -> Yaml:
    data = {"training_data": TABLE, "validation_data": TABLE, "target_column_name": "y"}
    return {"type": "automl", "task": task, "limits": {"timeout_minutes": 5}, **data, **more}


_SPARK_CONF = {
    "spark.driver.cores": 1,
    "spark.driver.memory": "1g",
    "spark.executor.cores": 1,
    "spark.executor.memory": "1g",
    "spark.executor.instances": 1,
}
_TUNED: Yaml = {
    "type": "finetuning",
    "task": "chat_completion",
    "model": {"type": "mlflow_model", "path": "azureml://registries/r/models/m/versions/1"},
    "training_data": {"type": "uri_file", "path": "azureml://datastores/lake/paths/a.jsonl"},
    "outputs": {"registered_model": {"type": "mlflow_model", "name": "tuned"}},
    "resources": {"instance_types": ["Standard_ND96amsr_A100_v4"]},
}
# The classes of jobs and fields of the client's own description are named by these.
JOBS: Mapping[str, Yaml] = {
    "plain": _command(),
    "mpi": _command(distribution={"type": "mpi", "process_count_per_instance": 2}),
    "pytorch": _command(distribution={"type": "pytorch", "process_count_per_instance": 2}),
    "tensorflow": _command(distribution={"type": "tensorflow", "worker_count": 2}),
    "ray": _command(distribution={"type": "ray", "port": 1, "include_dashboard": True}),
    "locations": _resources(locations=["westeurope"], max_instance_count=3),
    "docker-words": _resources(docker_args=["--ipc=host"], shm_size="2g"),
    "docker-line": _resources(docker_args="--ipc=host", properties={"a": {"b": 1}}),
    "managed": _command(identity={"type": "managed"}),
    "as-user": _command(identity={"type": "user_identity"}),
    "as-job": _command(identity={"type": "aml_token"}),
    "tier": _command(queue_settings={"job_tier": "spot"}),
    "services": _command(
        services={
            "lab": {"type": "jupyter_lab", "nodes": "all"},
            "code": {"type": "vs_code"},
            "shell": {"type": "ssh", "ssh_public_keys": "k"},
            "board": {"type": "tensor_board", "log_dir": "l"},
        }
    ),
    "limited": _command(limits={"timeout": 30}, parent_job_name="other"),
    "ports": _command(
        command="ls ${{inputs.a}} ${{inputs.b}} ${{inputs.c}} ${{outputs.o}}",
        inputs={"a": 1.5, "b": True, "c": FOLDER},
        outputs={"o": {"type": "mlflow_model", "name": "o", "version": "3", "mode": "upload"}},
    ),
    "spark": {
        "type": "spark",
        "code": asset("codes", "c"),
        "entry": {"file": "main.py"},
        "conf": _SPARK_CONF,
        "resources": {"instance_type": "standard_e4s_v3", "runtime_version": "3.4.0"},
    },
    "sweep": _sweep(
        "random",
        early_termination={"type": "median_stopping", "evaluation_interval": 1},
        resources={"instance_count": 2, "shm_size": "2g"},
        queue_settings={"job_tier": "standard"},
    ),
    "sobol": _sweep({"type": "random", "seed": 3, "rule": "sobol", "logbase": "e"}),
    "grid": _sweep("grid", early_termination={"type": "bandit", "slack_factor": 0.1}),
    "pipeline": {
        "type": "pipeline",
        "jobs": {
            "a": {
                "type": "command",
                "component": asset("components", "say"),
                "resources": {"instance_count": 1},
                "distribution": {"type": "pytorch", "process_count_per_instance": 2},
            }
        },
        "settings": {"default_compute": "serverless", "force_rerun": True},
    },
    "classification": _automl(
        "classification",
        primary_metric="accuracy",
        training={"training_mode": "auto", "enable_stack_ensemble": False},
        limits={"timeout_minutes": 5, "max_trials": 2, "max_nodes": 2},
        resources={"instance_count": 2, "instance_type": "s"},
        queue_settings={"job_tier": "standard"},
    ),
    "regression": _automl("regression", n_cross_validations="auto"),
    "forecasting": _automl(
        "forecasting",
        forecasting={
            "time_column_name": "t",
            "forecast_horizon": 3,
            "features_unknown_at_forecast_time": ["x"],
        },
    ),
    "images": _automl(
        "image_classification",
        training_parameters={"model_name": "vitb16r224"},
        search_space=[
            {
                "model_name": {"type": "choice", "values": ["vitb16r224"]},
                "learning_rate": {"type": "uniform", "min_value": 0.001, "max_value": 0.01},
            }
        ],
        sweep={"sampling_algorithm": "random"},
    ),
    "objects": _automl(
        "image_object_detection",
        training_parameters={"model_name": "yolov5", "log_training_metrics": "enable"},
    ),
    "text": _automl(
        "text_classification",
        limits={"timeout_minutes": 5, "max_nodes": 2, "trial_timeout_minutes": 1},
        training_parameters={"model_name": "bert-base-cased"},
        sweep={
            "sampling_algorithm": "grid",
            "early_termination": {"type": "bandit", "slack_factor": 0.1},
        },
        search_space=[{"model_name": {"type": "choice", "values": ["bert-base-cased"]}}],
    ),
    "tuning": {**_TUNED, "model_provider": "custom", "hyperparameters": {"lr": "1"}},
}
