"""What a kind of node does not state itself: nothing that it would change or refuse."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from aml_pipelines.pipeline.spec import CLIENT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Finding, Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields
    from conf.target import Target

IS_GRAPH = False
COMPONENT_FIELDS: tuple[str, ...] = ()
INLINE_FIELDS: tuple[str, ...] = ()
COMPONENT_KEY, CODE = "component", ""
LIMITS = ("timeout",)
JOB_TYPE = ""
OVERRIDES: tuple[str, ...] = ()
TEMPLATE, IS_SHELL = "", False
NODE_DEFAULTS: Mapping[str, object] = {}
ENVIRONMENT_COSTS = ""
DATA_FIELDS: tuple[str, ...] = ()
DRIVER_PACKAGES: tuple[str, ...] = ()
STAND_IN = ""
STAND_IN_PACKAGES: tuple[str, ...] = ()


def read_own(_fields: Fields, _name: str, _snapshot: Snapshot) -> None:
    """Read nothing: a component has no more than those of every kind."""


def of_job(component: Component, _job: Fields) -> Component:
    """Change nothing: a block states nothing of its component."""
    return component


def never_reused(component: Component, _job: Fields) -> Component:
    """Return the component as one whose outputs no earlier run can have made."""
    return dataclasses.replace(component, is_deterministic=False)


def check_job(_fields: Fields, _name: str) -> None:
    """Accept every block: one that names no compute runs on serverless compute."""


def check_node(_node: PlannedNode, _problems: Problems) -> None:
    """Accept every node: it gets paths or URIs, as the modes of its ports say."""


def refusal(_component: Component) -> str:
    """Return nothing: every such component can be run here."""
    return ""


def override(_component: dict[str, Any], _node: Mapping[str, object]) -> None:
    """Change nothing: a node states nothing of its component."""


def retarget(_node: dict[str, Any], _component: dict[str, Any], _target: Target) -> None:
    """Change nothing: no code of its own runs on a target."""


def retarget_code(node: dict[str, Any], _component: dict[str, Any], target: Target) -> None:
    """Add the variable by which a node's code finds the target's identity."""
    if target.identity.client_id:
        node["environment_variables"] = {
            **(node.get("environment_variables") or {}),
            CLIENT_ID: target.identity.client_id,
        }


def azure_findings(_node: Fields, _component: Fields, _target: Target) -> Iterator[Finding]:
    """Yield nothing: what fails late is found for every kind."""
    return iter(())
