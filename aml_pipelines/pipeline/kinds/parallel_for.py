"""Loops: a job that runs once for each item, and what all of them make."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.blocks import ParallelFor, read_parallel_for
from aml_pipelines.pipeline.control.planned import told_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

JOB_FIELDS = ("type", "comment", "properties")
INLINE_FIELDS = ("body", "items", "max_concurrency", "outputs")
COMPONENT_KIND = "parallel_for"
LIMITS: tuple[str, ...] = ()


def read_own(fields: Fields, name: str, _: Snapshot) -> ParallelFor:
    """Return what the block states."""
    return read_parallel_for(fields, name)


def of_job(component: Component, _: Fields) -> Component:
    """Take it for never equal to an earlier one: it is decided in every run."""
    return dataclasses.replace(component, is_deterministic=False)


def command(
    component: Component, _inputs: Mapping[str, str | None], _outputs: Mapping[str, str]
) -> str:
    """Return what is decided: there is no command."""
    return told_items(component)
