"""`plan`: print what a run would do, every command and path resolved, and start nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.command import command
from aml_pipelines.pipeline.distributed import distributed_code
from aml_pipelines.pipeline.plan import PlannedNode, input_texts
from aml_pipelines.pipeline.values import BoundInput, Data, Missing, Produced
from aml_pipelines.verbs.request import Request, add_request_arguments, read_request

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from aml_pipelines.pipeline.plan import Plan
    from aml_pipelines.pipeline.problems import Finding
    from conf.target import Target

RUN_ID = "RUN"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_request_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    request = read_request(arguments)
    plans = request.plan_all(RUN_ID)
    # Before the plan is printed: what fails in Azure must not look like a plan that works.
    costly = [] if request.target.is_local else _findings(plans, request.target)
    sys.stdout.write("\n".join(line for plan in plans for line in plan_lines(plan)) + "\n")
    for note in notes_of(request, plans):
        sys.stderr.write(f"note: {note}\n")
    for finding in costly:
        sys.stderr.write(f"costs: {finding}\n")
    return 0


def _findings(plans: list[Plan], target: Target) -> list[Finding]:
    from aml_pipelines.azure.check import check_for_azure  # noqa: PLC0415 # slow, and for Azure

    return check_for_azure(plans, target)


def notes_of(request: Request, plans: Sequence[Plan]) -> list[str]:
    """Return what is to be said of the plans' nodes, each once."""
    notes = [note for plan in plans for note in plan.notes]
    if request.target.is_local:
        notes += [note for plan in plans for note in request.choices(plan).notes]
    return list(dict.fromkeys(notes))


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines that describe a plan, node by node."""
    yield f"{plan.pipeline.name}: {len(plan.nodes)} nodes"
    produced: dict[tuple[str, str], str] = {}
    for node in plan.nodes.values():
        produced |= {(node.name, name): made.location for name, made in node.outputs.items()}
        passed = node.flow.passed.items()
        produced |= {
            (node.name, name): produced[value.node, value.output] for name, value in passed
        }
    for node in plan.nodes.values():
        yield ""
        yield from _node_lines(node, produced)


def _node_lines(node: PlannedNode, produced: dict[tuple[str, str], str]) -> Iterator[str]:
    awaited = [name for name in node.awaited if name not in node.flow.guards]
    after = f", after {', '.join(awaited)}" if awaited else ""
    guards = [f"{name} is {str(when).lower()}" for name, when in node.flow.guards.items()]
    only = f", only if {' and '.join(guards)}" if guards else ""
    reuse = "" if node.component.is_deterministic else ", never reused"
    distributed = distributed_code(node.component)
    processes = f", {distributed.size} {distributed.framework} processes" if distributed else ""
    yield f"{node.name} ({node.component.kind}{processes}{after}{only}{reuse})"
    outputs = {output.name: output.location for output in node.outputs.values()}
    inputs = input_texts(node, produced)
    for name, bound in node.inputs.items():
        shown = "(not given)" if inputs[name] is None else inputs[name]
        yield f"  input {name} = {shown}{_source(bound)}"
    for output in node.outputs.values():
        yield f"  output {output.name} = {output.location}"
    for name in node.flow.passed:
        yield f"  output {name} = that of the last round"
    for line in command(node, inputs, outputs).splitlines():
        yield f"  $ {line.rstrip()}"


def _source(bound: BoundInput) -> str:
    if isinstance(bound.value, Produced):
        return f" (from {bound.value.node})"
    if isinstance(bound.value, Missing):
        return f" ({bound.value.why})"
    is_elsewhere = isinstance(bound.value, Data) and bound.value.reference != bound.value.location
    return f" ({bound.value.reference})" if is_elsewhere and isinstance(bound.value, Data) else ""
