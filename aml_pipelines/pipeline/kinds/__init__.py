"""The kinds of node in a pipeline: one module each, found by its name in this folder."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, cast

from aml_pipelines.pipeline import kind_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Finding, Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields
    from conf.target import Target


class NodeKind(Protocol):
    """A kind of node as the planner sees it; `execution.kinds` has how it is run.

    Its module states what differs from `kind_defaults`.
    """

    IS_GRAPH: bool  # it is made of further jobs, and becomes no node of its own
    JOB_FIELDS: tuple[str, ...]  # of a block under `jobs`
    COMPONENT_FIELDS: tuple[str, ...]  # of a component file
    INLINE_FIELDS: tuple[str, ...]  # of a block that states its component inline
    COMPONENT_KEY: str  # the field of a block that names its component
    COMPONENT_KIND: str  # the kind of the component that it names
    CODE: str  # the block of a component that has its code; empty when that is the component
    LIMITS: tuple[str, ...]  # of a block's `limits`
    JOB_TYPE: str  # the API's name of a job that is one such node; empty where there is none
    OVERRIDES: tuple[str, ...]  # fields of a node in a request that stand for its component's
    TEMPLATE: (
        str  # the field, beside the code, whose expressions are filled in with inputs and outputs
    )
    IS_SHELL: bool  # that field is a shell's command
    NODE_DEFAULTS: Mapping[str, object]  # what a block must state when nobody states it
    ENVIRONMENT_COSTS: str  # what an environment of its own costs in Azure, if anything
    DATA_FIELDS: tuple[str, ...]  # fields that are inputs, beside those of `inputs`
    DRIVER_PACKAGES: tuple[str, ...]  # that an environment has for Azure's driver of such nodes
    STAND_IN: str  # what runs it here, where only Azure's service runs the thing itself
    STAND_IN_PACKAGES: tuple[str, ...]  # that this stand-in needs

    def read_own(self, fields: Fields, name: str, snapshot: Snapshot) -> object:
        """Return what only components of this kind have, and report what is wrong with it."""
        ...

    def of_job(self, component: Component, job: Fields) -> Component:
        """Return a component as the block of a job changes it; report what is wrong with that."""
        ...

    def check_job(self, fields: Fields, name: str) -> None:
        """Report a block under `jobs` that Azure would refuse."""
        ...

    def check_node(self, node: PlannedNode, problems: Problems) -> None:
        """Report inputs and outputs that this kind cannot have."""
        ...

    def command(
        self, component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
    ) -> str:
        """Return the command in the form that a shell takes."""
        ...

    def refusal(self, component: Component) -> str:
        """Return why a right component cannot be run on this machine; empty when it can."""
        ...

    def override(self, component: dict[str, Any], node: Mapping[str, object]) -> None:
        """Set the fields of a component that a node in a request states itself, in place."""
        ...

    def retarget(self, node: dict[str, Any], component: dict[str, Any], target: Target) -> None:
        """Set compute and identity of a block to the target's, in place."""
        ...

    def azure_findings(self, node: Fields, component: Fields, target: Target) -> Iterator[Finding]:
        """Yield what Azure would find only after a cold start."""
        ...


@cache
def node_kinds() -> Mapping[str, NodeKind]:
    """Return every kind by the `type` that names it, graphs last."""
    # Found, not listed: a new kind is two files and no edit of a third.
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    kinds = {name: cast("NodeKind", _with_defaults(name)) for name in names}
    return dict(sorted(kinds.items(), key=lambda item: item[1].IS_GRAPH))


def _with_defaults(name: str) -> SimpleNamespace:
    module = import_module(f"{__name__}.{name}")
    return SimpleNamespace(**{**vars(kind_defaults), **vars(module)})


def node_kind(name: str) -> NodeKind:
    """Return the kind with this name, which must be one of `node_kinds`."""
    return node_kinds()[name]
