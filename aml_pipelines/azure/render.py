"""A job as a target submits it: its own YAML, with the closed list of what a target may change.

That is the lake and other inputs, Spark's resources or compute, the identity, environment versions
and the experiment; nothing else. `az ml job create` takes the result too.
"""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import yaml

from aml_pipelines.pipeline.kinds import node_kinds
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.references import AssetName, local_path, parse
from conf.errors import UserError
from conf.yaml_lines import TEXT_TO_BOOLEAN, YamlError, read_entries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conf.target import Target

Document = dict[str, Any]
_PATHS = ("code", "conda_file")


@dataclass(frozen=True)
class Rendered:
    """The YAML of a job; the relative paths in it start at the folder of `origin`."""

    document: Document
    origin: Path

    @property
    def text(self) -> str:
        return to_yaml(self.document)


def render_job(file: Path, target: Target, overrides: Mapping[str, str]) -> Rendered:
    """Return the pipeline, Spark or command job in `file` for `target`.

    `overrides` are values for its inputs. Raises UserError for an input that the job does not have.
    """
    document = read_job(file)
    return Rendered(rendered(document, target, overrides, file), file)


def rendered(
    document: Document, target: Target, overrides: Mapping[str, str], origin: Path
) -> Document:
    """Return a job that was read already for `target`; see `render_job`."""
    job = copy.deepcopy(document)
    _set_inputs(job, target, overrides, origin)
    if target.experiment:
        job["experiment_name"] = target.experiment
    if job.get("type") == "pipeline":
        job["jobs"] = _rendered_nodes(job["jobs"], target, origin.parent)
        return job
    return _rendered_node(job, target, origin.parent)


def read_job(file: Path) -> Document:
    """Read a job's YAML; raises UserError, with the line, when it is none or a key stands twice."""
    problems = Problems()
    try:
        entry = read_entries(file, scalars=(*TEXT_TO_BOOLEAN, date), report=problems.add)
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error
    except YamlError as error:
        raise UserError(str(error)) from error
    problems.raise_any()
    document = entry.plain()
    if not isinstance(document, dict):
        raise UserError(f"{file}: holds no fields; it begins with a line such as 'type: spark'")
    return document


def to_yaml(document: Mapping[str, Any]) -> str:
    """Return YAML in a person's style: keys in order, no anchors, long texts on one line."""
    return yaml.dump(
        dict(document), Dumper=_Plain, sort_keys=False, width=10_000, allow_unicode=True
    )


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 # the name is the library's
        return True


def _set_inputs(job: Document, target: Target, overrides: Mapping[str, str], origin: Path) -> None:
    inputs: Document = job.get("inputs") or {}
    unknown = sorted(overrides.keys() - inputs)
    if unknown:
        raise UserError(
            f"{origin}: the job has no inputs {unknown}; it has {sorted(inputs)}; correct --set"
        )
    values = {"lake": target.lake, **target.inputs, **overrides}
    for name, value in values.items():
        if name in inputs:
            inputs[name] = _with_value(inputs[name], value)


def _with_value(current: object, value: object) -> object:
    """Return an input with a new value: data keep type and mode, and a number stays one."""
    if isinstance(current, dict):
        key = "path" if "path" in current else "value" if "value" in current else "path"
        return {**current, key: value}
    if isinstance(value, str) and isinstance(current, int | float):
        # A value from a command line is text; the input is a number, and must stay one.
        return yaml.safe_load(value)
    return value


def _rendered_nodes(nodes: Document, target: Target, folder: Path) -> Document:
    return {name: _rendered_node(node, target, folder) for name, node in nodes.items()}


def _rendered_node(node: Document, target: Target, folder: Path) -> Document:
    node = copy.deepcopy(node)
    path = local_path(node.get("component"))
    file = folder / path if path else None
    component = read_job(file) if file else node
    # A nested pipeline has no compute or identity of its own to change.
    if "jobs" in component:
        return _with_nested(node, component, file, target, folder)
    kind = node_kinds().get(node.get("type") or component.get("type") or "command")
    if kind:  # others, such as fine-tuning, are Azure's alone
        kind.retarget(node, component, target)
    if not target.is_local and (kind is None or "identity" in kind.JOB_FIELDS):
        node["identity"] = _identity(target)
    environment = _environment(component.get("environment"), target)
    if environment and file:
        node["component"] = {**rebased(component, file.parent, folder), "environment": environment}
    elif environment:
        node["environment"] = environment
    return node


def _with_nested(
    node: Document, component: Document, file: Path | None, target: Target, folder: Path
) -> Document:
    if not file:
        return node
    nested = {**component, "jobs": _rendered_nodes(component["jobs"], target, file.parent)}
    return {**node, "component": rebased(nested, file.parent, folder)}


def _identity(target: Target) -> Document:
    identity = {"type": target.identity.type}
    if target.identity.client_id:
        identity["client_id"] = target.identity.client_id
    return identity


def _environment(stated: object, target: Target) -> str | None:
    """Return the target's version of a registered environment, if it differs."""
    asset = parse(stated) if isinstance(stated, str) else None
    if not isinstance(asset, AssetName) or asset.name not in target.environments:
        return None
    reference = str(AssetName(asset.name, str(target.environments[asset.name])))
    return reference if reference != stated else None


def retarget_environment(component: Document, target: Target) -> Document:
    """Return a component with the target's version of its environment."""
    environment = _environment(component.get("environment"), target)
    return {**component, "environment": environment} if environment else dict(component)


def rebased(document: Document, old: Path, new: Path) -> Document:
    """Return a component whose relative paths start at another folder."""

    def move(path: str) -> str:
        return _relative(old / local_path(path), new) if local_path(path) else path

    moved = dict(document)
    for key in _PATHS:
        if isinstance(moved.get(key), str):
            moved[key] = move(moved[key])
    if "additional_includes" in moved:
        moved["additional_includes"] = [move(path) for path in moved["additional_includes"]]
    if "jobs" in moved:
        moved["jobs"] = {name: _moved_node(node, move) for name, node in moved["jobs"].items()}
    return moved


def _moved_node(node: Document, move: Any) -> Document:  # noqa: ANN401
    path = local_path(node.get("component"))
    moved = {**node, "component": move(path)} if path else dict(node)
    for key in _PATHS:
        if isinstance(moved.get(key), str):
            moved[key] = move(moved[key])
    return moved


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path.resolve(), folder.resolve())
