"""Submit the training pipeline for an incident; its gate alone decides what becomes champion."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure.ai.ml import load_job
from azure.core.exceptions import ResourceNotFoundError

from conf import faults
from conf.dataset_learning import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import PipelineJob

PIPELINE = "training.yml"
# What the snapshot has of the repository, besides the pipeline: the steps and what they include.
ROOMS = ("components", "conf", "spark_jobs")


def retrain(
    client: MLClient,
    action: Mapping[str, Any],
    *,
    dataset: str,
    lake: str,
    as_of: str,
    snapshot: Path,
) -> str:
    """Submit the training of an incident's model, once, and return the name of its job.

    The job is named after the incident: where it is there already, it is not submitted again.
    Raises what the workspace refuses it with.
    """
    name = job_name(action)
    try:
        client.jobs.get(name)
    except ResourceNotFoundError:
        with tempfile.TemporaryDirectory() as folder:
            file = _laid_out(snapshot, Path(folder))
            job = training_job(file, action, dataset=dataset, lake=lake, as_of=as_of)
            with faults.around("job", name):
                client.jobs.create_or_update(job)
    return name


def job_name(action: Mapping[str, Any]) -> str:
    return f"retrain-{action['incident']}"


def training_job(
    file: Path, action: Mapping[str, Any], *, dataset: str, lake: str, as_of: str
) -> PipelineJob:
    """Return the training pipeline in a file for a model, on the newest release of its dataset."""
    given: dict[str, Any] = {"lake": lake, "model_name": action["model_name"], "as_of": as_of}
    for split in SPLITS:
        given[split] = {"type": "mltable", "path": f"azureml:{dataset}_{split}@latest"}
    stated = [{"name": job_name(action)}, *({f"inputs.{n}": v} for n, v in given.items())]
    job: Any = load_job(file, params_override=stated)
    job.tags = {**(job.tags or {}), "incident": str(action["incident"])}
    trained: PipelineJob = job
    return trained


def _laid_out(snapshot: Path, folder: Path) -> Path:
    """Copy what training needs as it lies in the repository; return the pipeline's file."""
    for room in ROOMS:
        shutil.copytree(snapshot / room, folder / room)
    file = folder / "aml_pipelines" / PIPELINE
    file.parent.mkdir()
    shutil.copy(snapshot / PIPELINE, file)
    return file
