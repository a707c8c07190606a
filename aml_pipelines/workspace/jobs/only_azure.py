"""Jobs that only Azure's service runs, which are refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.automl import METRICS
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.fields import mapping, text_in

if TYPE_CHECKING:
    from collections.abc import Mapping


def refuse_only_azures(job: Mapping[str, object]) -> None:
    """Refuse (501) a job that fine-tunes a model, or that searches one for images or text."""
    kind = job.get("jobType")
    if kind == "FineTuning":
        raise _refusal("a job of type 'FineTuning'")
    task = text_in(mapping(job.get("taskDetails")), "taskType") or ""
    if kind == "AutoML" and task.lower() not in METRICS:
        raise _refusal(
            f"an AutoML job with task {task!r}", f"; of AutoML, {', '.join(METRICS)} are"
        )


def _refusal(job: str, others: str = "") -> ArmError:
    says = f"{job} is run by Azure's service alone and is not served here{others}"
    return ArmError(501, "NotImplemented", says)
