"""Command nodes: a shell command in an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aml_pipelines.pipeline.shell import placed, resolved_command
from aml_pipelines.pipeline.spec import CLIENT_ID, COMPONENT, JOB, JOB_COMPUTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Finding, Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields
    from conf.target import Target

IS_GRAPH = False
JOB_FIELDS = (
    *(*JOB, *JOB_COMPUTE),
    *("limits", "environment_variables", "queue_settings", "services", "parent_job_name"),
)
COMPONENT_FIELDS = (*COMPONENT, "command", "distribution", "resources", "queue_settings")
INLINE_FIELDS = ("code", "command", "environment", "distribution")
COMPONENT_KEY, COMPONENT_KIND, CODE = "component", "command", ""
LIMITS = ("timeout",)
JOB_TYPE = "Command"
OVERRIDES: tuple[str, ...] = ()
TEMPLATE = "command"
NODE_DEFAULTS: Mapping[str, object] = {}
ENVIRONMENT_COSTS = ""
DATA_FIELDS, STAND_IN, STAND_IN_PACKAGES = (), "", ()


def read_own(fields: Fields, name: str, _: Snapshot) -> None:
    """Report a component without a command or environment, or one that is distributed."""
    if not fields.text("command"):
        fields.problems.add(fields.place, f"component {name!r} has no 'command'")
    if "environment" not in fields.entries:
        fields.problems.add(
            fields.place, f"component {name!r} has no 'environment'; Azure needs one"
        )
    if "distribution" in fields.entries:
        fields.problems.add(
            fields.place_of("distribution"),
            f"component {name!r} is distributed, which cannot be run here",
        )


def of_job(component: Component, _: Fields) -> Component:
    """Change nothing: a block states nothing of its component."""
    return component


def check_job(_fields: Fields, _name: str) -> None:
    """Accept every job: one that names no compute runs on serverless compute."""


def check_node(node: PlannedNode, problems: Problems) -> None:
    """Accept every mode: a command gets paths or URIs, as its inputs say."""


def command(
    component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> str:
    """Return the shell command, every value in it escaped for the quotes around it."""
    return resolved_command(component.template, placed(inputs, outputs))


def override(_component: dict[str, Any], _node: Mapping[str, object]) -> None:
    """Change nothing: a node states nothing of its component."""


def retarget(node: dict[str, Any], _: dict[str, Any], target: Target) -> None:
    """Add the variable by which the node's code finds the target's identity."""
    if target.identity.client_id:
        node["environment_variables"] = {
            **(node.get("environment_variables") or {}),
            CLIENT_ID: target.identity.client_id,
        }


def azure_findings(_node: Fields, _component: Fields, _target: Target) -> Iterator[Finding]:
    """Yield nothing: what fails late for a command is found for every kind."""
    return iter(())
