"""The control flow that a pipeline file states: branches, loops over rounds, loops over items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.expressions import whole_reference
from aml_pipelines.pipeline.spec import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.yaml_lines import Entry, Fields

MAX_ROUNDS = 1000  # Azure's
_JOB_PARTS = 3  # of parent.jobs.JOB


@dataclass(frozen=True)
class IfElse:
    """Jobs that run only if a condition is true, and jobs that run only if it is false."""

    condition: Setting
    on_true: tuple[str, ...]
    on_false: tuple[str, ...]


@dataclass(frozen=True)
class DoWhile:
    """A job that runs again while its output `condition` is true, and at most `limit` times.

    Without a condition it always runs again. `mapping` has, for outputs of a round, the inputs of
    the next one that they are.
    """

    body: str
    condition: str
    mapping: Mapping[str, tuple[str, ...]]
    limit: int


@dataclass(frozen=True)
class ParallelFor:
    """A job that runs once for each of some items, `at_once` of them at a time if that is stated.

    `items` is a list or mapping of inputs, or a text: JSON, or an expression.
    """

    body: str
    items: Entry | None
    at_once: int | None


def read_if_else(fields: Fields, name: str) -> IfElse:
    """Return the branches in `fields`; report a condition or a block that is none."""
    condition = Setting(fields.scalar("condition"), fields.place_of("condition"))
    is_literal = isinstance(condition.value, bool) or _is_boolean(condition.value)
    if not is_literal and whole_reference(condition.value) is None:
        fields.problems.add(
            condition.place,
            f"the condition of {name!r} is {condition.value!r}; it is true, false, or "
            "${{parent.jobs.JOB.outputs.NAME}} of an output of type boolean",
        )
        condition = Setting(value=True, place=condition.place)
    blocks = {key: tuple(_jobs(fields, key, name)) for key in ("true_block", "false_block")}
    if not any(blocks.values()) and not fields.entries.keys() & set(blocks):
        fields.problems.add(fields.place, f"{name!r} has neither true_block nor false_block")
    for both in sorted(set(blocks["true_block"]) & set(blocks["false_block"])):
        fields.problems.add(
            fields.place_of("false_block"), f"{both!r} is in both blocks of {name!r}"
        )
    return IfElse(condition, blocks["true_block"], blocks["false_block"])


def read_do_while(fields: Fields, name: str) -> DoWhile:
    """Return the loop in `fields`; report what it lacks."""
    body = _body(fields, name)
    stated = fields.scalar("condition")
    if stated is False or str(stated).lower() == "false":
        fields.problems.add(
            fields.place_of("condition"),
            f"the condition of {name!r} is false; it is an output of the body, or true",
        )
    is_always = stated is None or _is_boolean(stated)
    limits = fields.mapping("limits")
    limit = limits.whole("max_iteration_count", minimum=1)
    if limit is None and "max_iteration_count" not in limits.entries:
        fields.problems.add(
            fields.place_of("limits"), f"{name!r} has no limits.max_iteration_count"
        )
    if limit and limit > MAX_ROUNDS:
        fields.problems.add(
            fields.place_of("limits"), f"max_iteration_count is {limit}; it is at most {MAX_ROUNDS}"
        )
    return DoWhile(
        body=body,
        condition="" if is_always else _port(str(stated)),
        mapping=dict(_mapping(fields.mapping("mapping"))),
        limit=limit or 1,
    )


def read_parallel_for(fields: Fields, name: str) -> ParallelFor:
    """Return the loop in `fields`; report what it lacks."""
    if "items" not in fields.entries:
        fields.problems.add(fields.place, f"{name!r} has no 'items'")
    return ParallelFor(
        body=_body(fields, name),
        items=fields.entries.get("items"),
        at_once=fields.whole("max_concurrency", minimum=1),
    )


def _is_boolean(value: object) -> bool:
    return str(value).lower() in ("true", "false")


def _body(fields: Fields, name: str) -> str:
    body = _job(fields.text("body"))
    if not body:
        fields.problems.add(
            fields.place_of("body"),
            f"the body of {name!r} is {fields.text('body')!r}; write ${{{{parent.jobs.JOB}}}}",
        )
    return body


def _jobs(fields: Fields, key: str, name: str) -> Iterator[str]:
    entry = fields.entries.get(key)
    is_list = entry is not None and entry.kind == "list"
    for text in fields.texts(key) if is_list else (fields.text(key),):
        job = _job(text)
        if job:
            yield job
        elif entry is not None:
            fields.problems.add(
                fields.place_of(key),
                f"{key} of {name!r} has {text!r}; write ${{{{parent.jobs.JOB}}}}",
            )


def _job(text: str) -> str:
    reference = whole_reference(text)
    parts = reference.parts if reference else ()
    return parts[2] if parts[:2] == ("parent", "jobs") and len(parts) == _JOB_PARTS else ""


def _mapping(fields: Fields) -> Iterator[tuple[str, tuple[str, ...]]]:
    for output, entry in fields.entries.items():
        texts = fields.texts(output) if entry.kind == "list" else (fields.text(output),)
        yield _port(output), tuple(_port(text) for text in texts)


def _port(text: str) -> str:
    """Return the name of a port of the body, which may be written as an expression."""
    reference = whole_reference(text)
    return reference.parts[-1] if reference else text
