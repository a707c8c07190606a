"""What a batch deployment's environment asks for and its jobs here do not need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.mini_batches import DRIVER_PACKAGES
from aml_pipelines.workspace.http.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.environments.choose import Policy

# The property of a job that an invocation of a batch deployment has made.
DEPLOYMENT = "azureml.deploymentname"


def job_policy(policy: Policy, job: Mapping[str, object]) -> Policy:
    """Return what is allowed of the environments of the job with these properties."""
    return replace(policy, provided=provided_packages(job))


def provided_packages(job: Mapping[str, object]) -> tuple[str, ...]:
    """Return the packages of Azure's driver, for a job that our driver of batches runs."""
    return DRIVER_PACKAGES if DEPLOYMENT in mapping(job.get("properties")) else ()
