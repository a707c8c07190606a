"""Loops: a job that runs again while its condition is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.blocks import DoWhile, read_do_while
from aml_pipelines.pipeline.control.planned import told_rounds
from aml_pipelines.pipeline.kind_defaults import never_reused
from aml_pipelines.pipeline.spec import CONTROL_JOB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

# It is decided in every run.
of_job = never_reused
JOB_FIELDS = CONTROL_JOB
INLINE_FIELDS = ("body", "condition", "mapping", "limits")
COMPONENT_KIND = "do_while"
LIMITS = ("max_iteration_count",)


def read_own(fields: Fields, name: str, _: Snapshot) -> DoWhile:
    """Return what the block states."""
    return read_do_while(fields, name)


def command(
    component: Component, _inputs: Mapping[str, str | None], _outputs: Mapping[str, str]
) -> str:
    """Return what is decided: there is no command."""
    return told_rounds(component)
