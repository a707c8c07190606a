"""Parallel nodes: a script that gets its input in mini-batches."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.pipeline.expressions import whole_reference
from aml_pipelines.pipeline.kind_defaults import retarget_code
from aml_pipelines.pipeline.mini_batches import (
    BYTES,
    DRIVER_PACKAGES,
    FILES,
    SPLITTING,
    Splitting,
    read_splitting,
)
from aml_pipelines.pipeline.shell import placed, resolved_arguments, resolved_command
from aml_pipelines.pipeline.snapshot import snapshot_files
from aml_pipelines.pipeline.spec import COMPONENT_ABOUT, JOB, JOB_COMPUTE, own_of

__all__ = ["DRIVER_PACKAGES"]  # as the protocol has it

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

TASK = (
    *("type", "code", "entry_script", "program_arguments", "append_row_to", "environment"),
    *("model", "additional_includes"),
)
_RUNS = ("run_function", "function")
_SPLIT_TYPES = ("uri_folder", "uri_file", "mltable")
retarget = retarget_code
JOB_FIELDS = (*JOB, *JOB_COMPUTE, "environment_variables", *SPLITTING)
COMPONENT_FIELDS = (
    *(*COMPONENT_ABOUT, "inputs", "outputs", "is_deterministic", "additional_includes"),
    *("task", "resources", *SPLITTING),
)
INLINE_FIELDS = ("task", "additional_includes")
COMPONENT_KIND = "parallel"
CODE, TEMPLATE = "task", "program_arguments"
OVERRIDES = ("task", "resources", *SPLITTING)


@dataclass(frozen=True)
class ParallelCode:
    """What only parallel components have: the script, where its rows go, how its input is split.

    `append_row_to` and `model` are expressions, as `splitting.input_data` is; either may be empty.
    """

    script: str
    append_row_to: str
    model: str
    splitting: Splitting


def parallel_code(component: Component) -> ParallelCode:
    """Return what `read_own` has read of a parallel component."""
    return own_of(component, ParallelCode)


def read_own(fields: Fields, name: str, snapshot: Snapshot) -> ParallelCode:
    """Read the task of a component; report a task of another type, and a script that lacks."""
    task = fields.mapping("task")
    if not task.entries:
        fields.problems.add(fields.place_of("task"), f"{name!r} has no 'task', which it would run")
        return ParallelCode("", "", "", read_splitting(fields, Splitting()))
    task.only(TASK, "task")
    kind, script = task.text("type"), task.text("entry_script")
    if kind not in _RUNS:
        task.problems.add(
            task.place_of("type"),
            f"the task of {name!r} is of type {kind!r}, which is not run here; it is "
            "'run_function'",
        )
    if not script:
        task.problems.add(task.place, f"the task of {name!r} has no 'entry_script'")
    elif script not in snapshot_files(snapshot):
        task.problems.add(
            task.place_of("entry_script"),
            f"entry_script {script!r} is not in the code: {snapshot.code or 'none is named'}",
        )
    if "environment" not in task.entries:
        task.problems.add(task.place, f"the task of {name!r} has no 'environment'; Azure needs one")
    return ParallelCode(
        script=script,
        append_row_to=task.text("append_row_to"),
        model=task.text("model"),
        splitting=read_splitting(fields, Splitting()),
    )


def of_job(component: Component, job: Fields) -> Component:
    """Return the component with the job's own splitting in place of its."""
    code = parallel_code(component)
    splitting = read_splitting(job, code.splitting)
    return dataclasses.replace(component, own=dataclasses.replace(code, splitting=splitting))


def check_node(node: PlannedNode, problems: Problems) -> None:
    """Report an input that cannot be split, and rows or a model that are of no port."""
    code = parallel_code(node.component)
    _check_split(node, code.splitting, problems)
    ports = (("append_row_to", code.append_row_to, "outputs"), ("model", code.model, "inputs"))
    for field, text, kind in ports:
        if text and port_of(text, kind) not in (node.outputs if kind == "outputs" else node.inputs):
            problems.add(
                node.component.place,
                f"{field} of job {node.name!r} is {text!r}; write ${{{{{kind}.NAME}}}}",
            )


def _check_split(node: PlannedNode, splitting: Splitting, problems: Problems) -> None:
    bound = node.inputs.get(port_of(splitting.input_data, "inputs"))
    if bound is None or bound.type not in _SPLIT_TYPES:
        what = f"an input of type {bound.type!r}" if bound else repr(splitting.input_data)
        problems.add(
            node.place,
            f"input_data of job {node.name!r} is {what}; write ${{{{inputs.NAME}}}} of an input "
            f"of type {', '.join(_SPLIT_TYPES)}",
        )
        return
    is_table = bound.type == "mltable"
    if splitting.has_unit and not is_table and not splitting.partition_keys:
        problems.add(
            node.place,
            f"mini_batch_size of job {node.name!r} has a unit, but files are counted; "
            "only an mltable is split by size",
        )
    if splitting.partition_keys and not is_table:
        problems.add(
            node.place,
            f"job {node.name!r} has partition_keys, but its input_data is a {bound.type!r}, "
            "which has no columns; give an mltable",
        )


def port_of(expression: str, kind: str) -> str:
    """Return the input or output that `expression` is as a whole; empty when it is none."""
    reference = whole_reference(expression)
    found_kind, _, name = reference.path.partition(".") if reference else ("", "", "")
    return name if found_kind == kind else ""


def arguments(
    component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> list[str]:
    """Return the arguments of the script; a value is never split, whatever it holds."""
    return resolved_arguments(component.template, placed(inputs, outputs))


def mini_batch_size(node: PlannedNode) -> int:
    """Return how many files, or bytes of a table, a mini-batch has."""
    splitting = parallel_code(node.component).splitting
    is_table = node.inputs[port_of(splitting.input_data, "inputs")].type == "mltable"
    return splitting.size or (BYTES if is_table else FILES)


def command(
    component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> str:
    """Return the script as a shell would run it, and what its mini-batches are of."""
    code = parallel_code(component)
    words = resolved_command(component.template, placed(inputs, outputs))
    splitting = code.splitting
    size = f"of {splitting.size}" if splitting.size else "of the default size"
    by = f"by {', '.join(splitting.partition_keys)}" if splitting.partition_keys else size
    script = " ".join(word for word in ("python", code.script, words) if word)
    return f"{script}  # mini-batches {by} from {splitting.input_data}, {splitting.workers} at once"


def override(component: dict[str, Any], node: Mapping[str, object]) -> None:
    """Set what a node in a request states of its component, whose code stays its own."""
    stated = {key: node[key] for key in OVERRIDES if node.get(key) is not None}
    own = {key: component["task"][key] for key in ("code", "environment")}
    component |= stated
    component["task"] = {**component["task"], **own}
    if "mini_batch_size" in component:
        # The client sends the number that it has made of the text.
        component["mini_batch_size"] = str(component["mini_batch_size"])
