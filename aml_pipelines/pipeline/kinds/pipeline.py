"""Pipelines as nodes: a graph of further jobs, which expansion flattens into their nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from aml_pipelines.pipeline.spec import COMPONENT_ABOUT, JOB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.spec import Component

IS_GRAPH = True
JOB_FIELDS = JOB
COMPONENT_FIELDS = (*COMPONENT_ABOUT, "inputs", "outputs", "is_deterministic", "jobs")
COMPONENT_KIND = "pipeline"


def command(
    _component: Component, _inputs: Mapping[str, str | None], _outputs: Mapping[str, str]
) -> NoReturn:
    """Refuse: a graph has no command, and expansion makes no node of it."""
    raise TypeError("a pipeline is a graph of nodes and has no command of its own")
