"""Loops: a job that runs again while its condition is true."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from aml_pipelines.pipeline.control.blocks import DoWhile, read_do_while
from aml_pipelines.pipeline.control.planned import told_rounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Finding, Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields
    from conf.target import Target

IS_GRAPH = False
JOB_FIELDS = ("type", "comment", "properties")
COMPONENT_FIELDS: tuple[str, ...] = ()
INLINE_FIELDS = ("body", "condition", "mapping", "limits")
COMPONENT_KEY, COMPONENT_KIND, CODE = "component", "do_while", ""
LIMITS = ("max_iteration_count",)
JOB_TYPE = ""  # it exists as a node of a pipeline alone, in Azure too
OVERRIDES: tuple[str, ...] = ()
TEMPLATE = ""
NODE_DEFAULTS: Mapping[str, object] = {}
ENVIRONMENT_COSTS = ""
DATA_FIELDS: tuple[str, ...] = ()
STAND_IN = ""
STAND_IN_PACKAGES: tuple[str, ...] = ()


def read_own(fields: Fields, name: str, _: Snapshot) -> DoWhile:
    """Return what the block states."""
    return read_do_while(fields, name)


def of_job(component: Component, _: Fields) -> Component:
    """Take it for never equal to an earlier one: it is decided in every run."""
    return dataclasses.replace(component, is_deterministic=False)


def check_job(_fields: Fields, _name: str) -> None:
    """Accept every block: what it names is checked where its graph is expanded."""


def check_node(_node: PlannedNode, _problems: Problems) -> None:
    """Accept every node: it was made of a block that was checked."""


def command(
    component: Component, _inputs: Mapping[str, str | None], _outputs: Mapping[str, str]
) -> str:
    """Return what is decided: there is no command."""
    return told_rounds(component)


def override(_component: dict[str, Any], _node: Mapping[str, object]) -> None:
    """Change nothing: a block has no component."""


def retarget(_node: dict[str, Any], _component: dict[str, Any], _target: Target) -> None:
    """Change nothing: nothing runs but the jobs that it names."""


def azure_findings(_node: Fields, _component: Fields, _target: Target) -> Iterator[Finding]:
    """Yield nothing: the jobs that it names are checked one by one."""
    return iter(())


def refusal(_: Component) -> str:
    """Return nothing: every such node can be run here."""
    return ""
