"""The command that a node becomes once its inputs and outputs are placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.kinds import node_kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.plan import PlannedNode


def command(node: PlannedNode, inputs: Mapping[str, str | None], outputs: Mapping[str, str]) -> str:
    """Return a node's command in the form that a shell takes.

    `inputs` and `outputs` are the texts that the command gets for them. Raises UnquotableError for
    a value that no quoting can protect.
    """
    return node_kind(node.component.kind).command(node.component, inputs, outputs)
