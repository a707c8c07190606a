"""Translates what only sweeps have from a job's REST body to a pipeline file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.search_space import CHOICE, NUMBERS
from aml_pipelines.workspace.http.fields import mapping
from aml_pipelines.workspace.jobs.vocabulary import named, snake_case

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.fields import JsonObject


def sweep_fields(owner: JsonObject) -> dict[str, object]:
    """Return a sweep's fields, which a job has in camelCase and a node in snake_case."""
    space = mapping(named(owner, "searchSpace"))
    if not space:
        return {}
    return {
        "search_space": {name: _distribution(value) for name, value in space.items()},
        "objective": _fields(mapping(named(owner, "objective"))),
        "sampling_algorithm": _typed(named(owner, "samplingAlgorithm"), "sampling_algorithm_type"),
        "early_termination": _typed(named(owner, "earlyTermination"), "policy_type"),
    }


def _distribution(stated: object) -> object:
    """Return a distribution as a file has it; a job has a list of its kind and its numbers."""
    if not isinstance(stated, list):
        return stated
    kind, numbers = str(stated[0]), stated[1]
    if kind == CHOICE:
        return {"type": kind, "values": numbers[0]}
    return {"type": kind, **dict(zip(NUMBERS.get(kind, ()), numbers, strict=False))}


def _typed(stated: object, type_field: str) -> object:
    if not isinstance(stated, dict):
        return stated
    fields = _fields(mapping(stated))
    return {"type" if name == type_field else name: value for name, value in fields.items()}


def _fields(stated: JsonObject) -> dict[str, object]:
    return {snake_case(name): value for name, value in stated.items() if value is not None}
