"""Data transfer: copies of files, which are made here, and of databases, which need a cloud."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.spec import COMPONENT_ABOUT, JOB, JOB_COMPUTE, own_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

COPY, IMPORT, EXPORT = "copy_data", "import_data", "export_data"
MERGE, FAIL = "merge_with_overwrite", "fail_if_conflict"
# The end outside of Azure ML, and the one port of the other.
_OUTSIDE = {IMPORT: ("source", "outputs", "sink"), EXPORT: ("sink", "inputs", "source")}
_OUTSIDE_TYPES = ("database", "file_system")
_TRANSFER = ("task", "data_copy_mode", "source", "sink")
JOB_FIELDS = (*JOB, *JOB_COMPUTE, *_TRANSFER)
COMPONENT_FIELDS = (*COMPONENT_ABOUT, "inputs", "outputs", "is_deterministic", *_TRANSFER)
INLINE_FIELDS = ("task",)
COMPONENT_KIND = "data_transfer"


@dataclass(frozen=True)
class Transfer:
    """What a data transfer does; `overwrites` says whether a file may take another's place."""

    task: str
    overwrites: bool = True
    outside: str = ""  # the type of the end that is no data of Azure ML


def transfer_of(component: Component) -> Transfer:
    """Return what `read_own` has read of a data transfer."""
    return own_of(component, Transfer)


def read_own(fields: Fields, name: str, _: Snapshot) -> Transfer:
    """Read the task of a component; report one that Azure has not, and ends that it lacks."""
    task = fields.text("task")
    if not fields.check_word("task", task, (COPY, *_OUTSIDE), f"the task of {name!r} is {task!r}"):
        return Transfer("")
    if task == COPY:
        return _with_mode(Transfer(COPY), fields)
    end, ports, port = _OUTSIDE[task]
    outside = fields.mapping(end)
    kind = outside.text("type")
    outside.check_word("type", kind, _OUTSIDE_TYPES, f"the {end} of {name!r} is of type {kind!r}")
    if set(fields.mapping(ports).entries) != {port}:
        fields.problems.add(
            fields.place_of(ports), f"{task} of {name!r} has one of {ports}, which is {port!r}"
        )
    return Transfer(task, outside=kind)


def of_job(component: Component, job: Fields) -> Component:
    """Return the component with the job's own way of copying in place of its."""
    stated = job.text("task")
    own = transfer_of(component)
    if own.task and stated and stated != own.task:
        job.problems.add(
            job.place_of("task"),
            f"the task of the job is {stated!r}, but that of its component is {own.task!r}",
        )
    return dataclasses.replace(component, own=_with_mode(own, job))


def _with_mode(transfer: Transfer, fields: Fields) -> Transfer:
    mode = fields.text("data_copy_mode")
    if not mode:
        return transfer
    fields.check_word("data_copy_mode", mode, (MERGE, FAIL), f"data_copy_mode is {mode!r}")
    return dataclasses.replace(transfer, overwrites=mode != FAIL)


def check_node(node: PlannedNode, problems: Problems) -> None:
    """Report a copy of nothing, of a value, to several places, or of several things to a file."""
    if transfer_of(node.component).task != COPY:
        return
    if not node.inputs or len(node.component.outputs) != 1:
        problems.add(
            node.place,
            f"{COPY} of job {node.name!r} has {len(node.inputs)} inputs and "
            f"{len(node.component.outputs)} outputs; it takes inputs, and one output",
        )
    for name, bound in node.inputs.items():
        if not bound.is_data:
            problems.add(
                bound.place, f"input {name!r} of job {node.name!r} is a value; {COPY} takes data"
            )
    for output in node.outputs.values():
        if output.type == "uri_file" and len(node.inputs) > 1:
            problems.add(
                node.place,
                f"{COPY} of job {node.name!r} copies {len(node.inputs)} inputs to a 'uri_file'; "
                "several take a 'uri_folder'",
            )


def command(
    component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> str:
    """Return what is copied to where: there is no command."""
    transfer = transfer_of(component)
    ends = {IMPORT: f" from a {transfer.outside}", EXPORT: f" to a {transfer.outside}"}
    sources = f" from {', '.join(map(str, inputs.values()))}" if inputs else ""
    sinks = f" to {', '.join(outputs.values())}" if outputs else ""
    mode = f", {MERGE if transfer.overwrites else FAIL}" if transfer.task == COPY else ""
    return f"{transfer.task}{ends.get(transfer.task, '')}{sources}{sinks}{mode}"


def refusal(component: Component) -> str:
    """Return why databases and other clouds' storage are out of reach; copies are made here."""
    transfer = transfer_of(component)
    if transfer.task == COPY:
        return ""
    return (
        f"is {transfer.task} with a {transfer.outside}: it needs a connection that only a cloud has"
    )
