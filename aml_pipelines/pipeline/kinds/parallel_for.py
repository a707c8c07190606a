"""Loops: a job that runs once for each item, and what all of them make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.blocks import ParallelFor, read_parallel_for
from aml_pipelines.pipeline.control.planned import told_items
from aml_pipelines.pipeline.kind_defaults import never_reused
from aml_pipelines.pipeline.spec import CONTROL_JOB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

# It is decided in every run.
of_job = never_reused
JOB_FIELDS = CONTROL_JOB
INLINE_FIELDS = ("body", "items", "max_concurrency", "outputs")
COMPONENT_KIND = "parallel_for"
LIMITS: tuple[str, ...] = ()


def read_own(fields: Fields, name: str, _: Snapshot) -> ParallelFor:
    """Return what the block states."""
    return read_parallel_for(fields, name)


def command(
    component: Component, _inputs: Mapping[str, str | None], _outputs: Mapping[str, str]
) -> str:
    """Return what is decided: there is no command."""
    return told_items(component)
