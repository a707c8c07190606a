"""Loads and sends jobs with the SDK."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Job

    from aml_pipelines.azure.render import Rendered


def load(rendered: Rendered) -> Job:
    """Load a rendered job with the SDK, which validates it again."""
    from azure.ai.ml import load_job  # noqa: PLC0415 # dry runs do without the SDK

    return load_job(io.StringIO(rendered.text), relative_origin=str(rendered.origin))


def send(client: MLClient, rendered: Rendered, *, name: str | None = None) -> Job:
    """Submit a rendered job, with its code and components."""
    job = load(rendered)
    if name:
        job.name = name
    submitted: Job = client.jobs.create_or_update(job)
    return submitted
