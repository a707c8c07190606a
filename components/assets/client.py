"""The client of the workspace that a job runs in, which the job's environment names."""

from __future__ import annotations

import logging
import os

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

NAMES = ("AZUREML_ARM_SUBSCRIPTION", "AZUREML_ARM_RESOURCEGROUP", "AZUREML_ARM_WORKSPACE_NAME")


class WorkspaceNotFoundError(RuntimeError):
    """The environment does not say which workspace this job belongs to."""


def workspace_client() -> MLClient:
    """Return the client of this job's workspace, with the job's own identity."""
    missing = [name for name in NAMES if not os.environ.get(name)]
    if missing:
        raise WorkspaceNotFoundError(
            f"{missing} are not set: a job gets them from Azure ML, and here from "
            "'python -m aml_pipelines run'"
        )
    logging.getLogger("azure").setLevel(logging.WARNING)
    subscription, group, workspace = (os.environ[name] for name in NAMES)
    return MLClient(
        DefaultAzureCredential(),
        subscription,
        group,
        workspace,
        enable_telemetry=False,
        show_progress=False,
    )


def datastore_uri(location: str, *, lake: str) -> str:
    """Return the datastore URI of a location below the lake, under which assets are registered.

    Azure hands out azureml:// URIs in mode direct, which stay as they are. Raises ValueError for a
    location outside the lake: an asset there would be gone with the run.
    """
    if location.startswith("azureml://"):
        return location
    inside = location.removeprefix(lake.rstrip("/") + "/")
    if inside == location:
        raise ValueError(f"{location} is not below the lake {lake}; give the output a path there")
    return f"azureml://datastores/lake/paths/{inside}"


def location_of(uri: str, *, lake: str) -> str:
    """Return the location below the lake that an asset's datastore URI names.

    Raises ValueError for the URI of another datastore.
    """
    _, is_inside, inside = uri.partition("/datastores/lake/paths/")
    if not is_inside:
        raise ValueError(f"{uri} is not below the lake {lake}")
    return f"{lake.rstrip('/')}/{inside}"
