"""Checks for what Azure rejects late or never: templates, modes, and quoting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.command import command
from aml_pipelines.pipeline.expressions import Reference, references
from aml_pipelines.pipeline.kinds import node_kind
from aml_pipelines.pipeline.shell import UnquotableError
from aml_pipelines.pipeline.values import Constant

if TYPE_CHECKING:
    from collections.abc import Collection

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Component


def check_template(component: Component, problems: Problems) -> None:
    """Report references of a command that its component does not declare."""
    for reference in references(component.template):
        wrong = _wrong(reference, component)
        if wrong:
            problems.add(component.template_place or component.place, wrong)


def _wrong(reference: Reference, component: Component) -> str:
    shown = f"${{{{{reference.path}}}}}"
    ports: dict[str, Collection[str]] = {"inputs": component.inputs, "outputs": component.outputs}
    if component.parameters:
        ports["search_space"] = component.parameters
    kind, _, name = reference.path.partition(".")
    if not name or kind not in ports:
        return (
            f"{shown} means nothing in a command; "
            "write ${{inputs.NAME}} or ${{outputs.NAME}}"
        )
    declared = ports[kind]
    if name not in declared:
        return f"{shown} does not exist; the {kind} are {', '.join(declared) or 'none'}"
    port = component.inputs.get(name) if kind == "inputs" else None
    if port and port.is_optional and port.default is None and not reference.is_optional:
        return f"{shown} is optional and may have no value; write $[[--{name} {shown}]]"
    return ""


def check_node(node: PlannedNode, problems: Problems) -> None:
    """Report modes that do not fit, and values that no quoting can protect."""
    for name, bound in node.inputs.items():
        if bound.mode and not bound.port.is_data:
            problems.add(bound.place, f"input {name!r} is of type {bound.type!r} and takes no mode")
    node_kind(node.component.kind).check_node(node, problems)
    _check_quoting(node, problems)


def _check_quoting(node: PlannedNode, problems: Problems) -> None:
    inputs = {
        # Paths are chosen by the executor and need no quotes; only literals can hold shell
        # characters.
        name: bound.value.text if isinstance(bound.value, Constant) else "path"
        for name, bound in node.inputs.items()
    }
    outputs = dict.fromkeys(node.component.outputs, "path")
    if any(_wrong(reference, node.component) for reference in references(node.component.template)):
        return
    place = node.component.template_place or node.component.place
    try:
        command(node, inputs, outputs)
    except UnquotableError as error:
        problems.add(place, str(error))
    except ValueError as error:  # shlex on args with an open quote
        problems.add(place, f"args cannot be split into words: {error}")
