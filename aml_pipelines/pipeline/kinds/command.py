"""Command nodes: a shell command in an environment."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.distributed import Distributed, distributed_code, read_distributed
from aml_pipelines.pipeline.kind_defaults import retarget_code
from aml_pipelines.pipeline.shell import placed, resolved_command
from aml_pipelines.pipeline.spec import COMPONENT, JOB, JOB_COMPUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

retarget = retarget_code
JOB_FIELDS = (
    *(*JOB, *JOB_COMPUTE),
    *("limits", "environment_variables", "queue_settings", "services", "parent_job_name"),
    "distribution",
)
COMPONENT_FIELDS = (*COMPONENT, "command", "distribution", "resources", "queue_settings")
INLINE_FIELDS = ("code", "command", "environment")
COMPONENT_KIND = "command"
JOB_TYPE = "Command"
TEMPLATE, IS_SHELL = "command", True


def read_own(fields: Fields, name: str, _: Snapshot) -> Distributed | None:
    """Return how a component is distributed; report one without a command or environment."""
    if not fields.text("command"):
        fields.problems.add(fields.place, f"component {name!r} has no 'command'")
    if "environment" not in fields.entries:
        fields.problems.add(
            fields.place, f"component {name!r} has no 'environment'; Azure needs one"
        )
    return read_distributed(fields, None)


def of_job(component: Component, job: Fields) -> Component:
    """Return the component as distributed as the job states, or as it is itself."""
    own = read_distributed(job, distributed_code(component))
    return dataclasses.replace(component, own=own)


def command(
    component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> str:
    """Return the shell command, every value in it escaped for the quotes around it."""
    return resolved_command(component.template, placed(inputs, outputs))
