"""Decides whether a node is run, or the outputs of an equal earlier run are taken.

A node is reused under five conditions: the run allows it (no --fresh, no force_rerun); the node was
not named to run anew (--only, --from, --debug); its component is deterministic; all its data are
local files, whose content can be compared; and an earlier run with the same key has its outputs
unchanged.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.process import Ran
from aml_pipelines.files import read_json, write_json
from aml_pipelines.hashing import content_hash
from aml_pipelines.pipeline.command import command
from aml_pipelines.pipeline.snapshot import snapshot_hash
from aml_pipelines.repository import LOCK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.environments.build import BuiltEnvironment
    from aml_pipelines.pipeline.plan import PlannedNode


@dataclass(frozen=True)
class Earlier:
    """A completed run of a node: its outputs, the hash of what they held, and what it told."""

    run_name: str
    outputs: Mapping[str, str]
    hashes: Mapping[str, str]
    ran: Ran


def key_of(
    node: PlannedNode, data: NodeData, files: dict[str, Path], environment: BuiltEnvironment
) -> str:
    """Return a hash of all that the node's outputs depend on: code, arguments, data, packages.

    It is empty for a node whose outputs nothing can stand for.
    """
    if not (node.component.is_deterministic and data.all_local):
        return ""
    contents = {}
    for name, bound in node.inputs.items():
        text = data.inputs[name]
        contents[name] = f"content:{content_hash(Path(str(text)))}" if bound.is_data else text
    outputs = {name: f"output:{name}" for name in node.outputs}
    parts = {
        "code": snapshot_hash(files),
        "command": command(node, contents, outputs),
        "inputs": contents,
        "component": _component_text(node),
        "environment_variables": dict(node.environment_variables),
        # Another release of a package may compute something else from equal inputs.
        "packages": environment.key or content_hash(LOCK),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def find_earlier(node: PlannedNode, key: str, context: RunContext) -> Earlier | None:
    """Return the run recorded under `key`, unless its outputs are gone or changed.

    None where this run may take no earlier outputs for `node`.
    """
    allowed = context.reuses and not context.plan.pipeline.force_rerun
    if not key or not allowed or node.name in context.selection.anew:
        return None
    file = _index(context.runs, key)
    if not file.is_file():
        return None
    recorded = read_json(file)
    # Records of earlier versions have nothing that a node told.
    ran = Ran(**recorded.get("ran", {}))
    earlier = Earlier(recorded["run_name"], recorded["outputs"], recorded["hashes"], ran)
    return earlier if _hashes(earlier.outputs) == earlier.hashes else None


def record(
    key: str, node: PlannedNode, outputs: Mapping[str, str], ran: Ran, context: RunContext
) -> None:
    """Record a completed node under `key`, if it has one."""
    if key:
        earlier = Earlier(node.run_name, dict(outputs), _hashes(outputs), ran)
        write_json(_index(context.runs, key), asdict(earlier))


def _hashes(outputs: Mapping[str, str]) -> dict[str, str]:
    return {name: content_hash(Path(path)) for name, path in outputs.items()}


def _index(runs: Path, key: str) -> Path:
    return runs / "reuse" / f"{key}.json"


def _component_text(node: PlannedNode) -> str:
    """Return the text of the component's own file, if any, and what the node's kind read of it."""
    file = node.component.place.file
    is_own_file = node.component.place.file != node.place.file
    text = file.read_text(encoding="utf-8") if is_own_file else ""
    outputs = sorted(f"{output.name}:{output.type}" for output in node.outputs.values())
    # A job may change what its component's file says.
    return f"{text}{(node.component.own, outputs)!r}"
