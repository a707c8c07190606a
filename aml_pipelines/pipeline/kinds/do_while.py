"""Loops: a job that runs again while its condition is true."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.blocks import DoWhile, read_do_while
from aml_pipelines.pipeline.control.planned import told_rounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

JOB_FIELDS = ("type", "comment", "properties")
INLINE_FIELDS = ("body", "condition", "mapping", "limits")
COMPONENT_KIND = "do_while"
LIMITS = ("max_iteration_count",)


def read_own(fields: Fields, name: str, _: Snapshot) -> DoWhile:
    """Return what the block states."""
    return read_do_while(fields, name)


def of_job(component: Component, _: Fields) -> Component:
    """Take it for never equal to an earlier one: it is decided in every run."""
    return dataclasses.replace(component, is_deterministic=False)


def command(
    component: Component, _inputs: Mapping[str, str | None], _outputs: Mapping[str, str]
) -> str:
    """Return what is decided: there is no command."""
    return told_rounds(component)
