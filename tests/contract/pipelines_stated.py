"""What a file of Azure Pipelines may state: each key once, parameters of their types, known fields.

Known are the fields used here. A misspelt one is refused, as Azure Pipelines refuses it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from conf.yaml_lines import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DECLARED = {"name", "type", "default", "values", "displayName"}
# The first key of a stage, job or step says what it is, and with that what else it may have.
_FIELDS: dict[str, set[str]] = {
    "stage": {"dependsOn", "variables", "jobs"},
    "job": {"condition", "timeoutInMinutes", "steps"},
    "deployment": {"environment", "pool", "timeoutInMinutes", "strategy"},
    "checkout": {"fetchDepth"},
    "publish": {"artifact", "condition"},
    "script": {"displayName", "condition", "env"},
    "task": {"displayName", "condition", "inputs", "env"},
}
_KINDS = {
    "stages": {"stage"},
    "jobs": {"job", "deployment"},
    "steps": {"checkout", "publish", "script", "task"},
}
_PIPELINE = {"trigger", "pr", "schedules", "pool", "variables", *_KINDS}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class ExpansionError(ValueError):
    """A pipeline says what Azure DevOps would refuse, or what this does not read."""


class _Distinct(Loader):  # type: ignore[misc, valid-type]  # it is libyaml's where there is one
    """YAML in which a key stands once; PyYAML itself takes the last of them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 # the signature is PyYAML's
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise ExpansionError(f"{twice} are stated twice: {node.start_mark}")
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def read_distinct(file: Path) -> dict[str, Any]:
    """Read YAML; raises ExpansionError for a key that is stated twice."""
    with file.open(encoding="utf-8") as stream:
        read: dict[str, Any] = yaml.load(stream, _Distinct)  # noqa: S506 # a SafeLoader
    return read


def parameters(file: Path, declared: object, given: dict[str, Any]) -> dict[str, Any]:
    """Return the value of every declared parameter; raises ExpansionError."""
    by_name = _by_name(file, declared)
    unknown = sorted(given.keys() - by_name)
    missing = sorted(n for n, item in by_name.items() if n not in given and "default" not in item)
    if unknown or missing:
        raise ExpansionError(f"{file.name}: gives {unknown}, which it has not, or lacks {missing}")
    found = {name: given.get(name, item.get("default")) for name, item in by_name.items()}
    for name, value in found.items():
        allowed = by_name[name].get("values")
        if not _is_of(by_name[name]["type"], value):
            raise ExpansionError(f"{file.name}: {name!r} is {value!r}: another type")
        if allowed and value not in allowed:
            raise ExpansionError(f"{file.name}: {name!r} is {value!r}, none of {allowed}")
    return found


def _by_name(file: Path, declared: object) -> dict[str, dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = {}
    items: list[Any] = declared if isinstance(declared, list) else [declared]
    for item in items:
        keys = set(item) if isinstance(item, dict) else set()
        if not {"name", "type"} <= keys <= _DECLARED or item["name"] in by_name:
            raise ExpansionError(f"{file.name}: {item!r} declares no parameter, or one twice")
        by_name[str(item["name"])] = item
    return by_name


def _is_of(kind: str, value: object) -> bool:
    if kind == "number":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number or (isinstance(value, str) and bool(_NUMBER.fullmatch(value)))
    if kind == "stepList":
        return isinstance(value, list) and all(isinstance(step, dict) for step in value)
    if kind not in ("string", "object"):
        raise ExpansionError(f"parameters of type {kind!r} are not read here")
    return isinstance(value, str if kind == "string" else list | dict)


def refuse_fields(file: Path, expanded: dict[str, Any]) -> None:
    """Raise ExpansionError for a field that a pipeline, stage, job or step has not."""
    wrong = [f"{field!r} of the pipeline" for field in sorted(expanded.keys() - _PIPELINE)]
    for kind, item in _items(expanded):
        first = str(next(iter(item), "")) if isinstance(item, dict) else str(item)
        if not isinstance(item, dict) or first not in _KINDS[kind]:
            wrong.append(f"{first!r} among {kind}")
            continue
        unknown = sorted(item.keys() - {first} - _FIELDS[first])
        wrong += [f"{field!r} of {first} {item[first]!r}" for field in unknown]
    if wrong:
        raise ExpansionError(f"{file.name}: {', '.join(wrong)}: not read here")


def _items(node: object) -> Iterator[tuple[str, object]]:
    """Return every stage, job and step, each with its kind."""
    if isinstance(node, dict):
        for kind, value in node.items():
            yield from ((kind, item) for item in (value if kind in _KINDS else []))
            yield from _items(value)
    if isinstance(node, list):
        for item in node:
            yield from _items(item)
