"""Pipelines as nodes: a graph of further jobs, which expansion flattens into their nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from aml_pipelines.pipeline.spec import COMPONENT_ABOUT, JOB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Finding, Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields
    from conf.target import Target

IS_GRAPH = True
JOB_FIELDS = JOB
COMPONENT_FIELDS = (*COMPONENT_ABOUT, "inputs", "outputs", "is_deterministic", "jobs")
INLINE_FIELDS = ()
COMPONENT_KEY, COMPONENT_KIND, CODE = "component", "pipeline", ""
LIMITS = ("timeout",)
JOB_TYPE = ""
OVERRIDES: tuple[str, ...] = ()
TEMPLATE = ""
NODE_DEFAULTS: Mapping[str, object] = {}
ENVIRONMENT_COSTS = ""
DATA_FIELDS, STAND_IN, STAND_IN_PACKAGES = (), "", ()


def read_own(_fields: Fields, _name: str, _snapshot: Snapshot) -> None:
    """Read nothing: the jobs of a graph are read where it is."""


def of_job(component: Component, _: Fields) -> Component:
    """Change nothing: a block states nothing of its component."""
    return component


def check_job(_fields: Fields, _name: str) -> None:
    """Accept every block: its jobs are checked one by one."""


def check_node(_node: PlannedNode, _problems: Problems) -> None:
    """Accept every block: expansion makes no node of it."""


def command(
    _component: Component, _inputs: Mapping[str, str | None], _outputs: Mapping[str, str]
) -> NoReturn:
    """Refuse: a graph has no command, and expansion makes no node of it."""
    raise TypeError("a pipeline is a graph of nodes and has no command of its own")


def override(_component: dict[str, Any], _node: Mapping[str, object]) -> None:
    """Change nothing: a node states nothing of its component."""


def retarget(_node: dict[str, Any], _component: dict[str, Any], _target: Target) -> None:
    """Change nothing: its jobs are changed one by one."""


def azure_findings(_node: Fields, _component: Fields, _target: Target) -> Iterator[Finding]:
    """Yield nothing: its jobs are checked one by one."""
    return iter(())
