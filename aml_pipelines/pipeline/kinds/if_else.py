"""Branches: jobs that run only if a condition is true, or only if it is false."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.blocks import IfElse, read_if_else
from aml_pipelines.pipeline.control.planned import told_branches
from aml_pipelines.pipeline.kind_defaults import never_reused
from aml_pipelines.pipeline.spec import CONTROL_JOB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

# It is decided in every run.
of_job = never_reused
JOB_FIELDS = CONTROL_JOB
INLINE_FIELDS = ("condition", "true_block", "false_block")
COMPONENT_KIND = "if_else"
LIMITS: tuple[str, ...] = ()


def read_own(fields: Fields, name: str, _: Snapshot) -> IfElse:
    """Return what the block states."""
    return read_if_else(fields, name)


def command(
    component: Component, _inputs: Mapping[str, str | None], _outputs: Mapping[str, str]
) -> str:
    """Return what is decided: there is no command."""
    return told_branches(component)
