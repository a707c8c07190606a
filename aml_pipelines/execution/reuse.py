"""Find an earlier run of the same node on the same input; its outputs stand for this one's."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.files import read_json, write_json
from aml_pipelines.hashing import content_hash
from aml_pipelines.pipeline.planned import PlannedNode, command
from aml_pipelines.pipeline.values import Constant
from aml_pipelines.repository import LOCK

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Earlier:
    """A completed run of a node: where its outputs are, and the hash of what they held."""

    run_id: str
    outputs: Mapping[str, str]
    hashes: Mapping[str, str]


def reuse_key(node: PlannedNode, inputs: Mapping[str, str | None], code_hash: str) -> str:
    """Hash everything that the node's outputs may depend on: code, arguments, data, packages."""
    contents = {}
    for name, bound in node.inputs.items():
        text = inputs[name]
        is_place = text is not None and not isinstance(bound.value, Constant)
        contents[name] = f"content:{content_hash(Path(str(text)))}" if is_place else text
    outputs = {name: f"output:{name}" for name in node.outputs}
    parts = {
        "code": code_hash,
        "command": command(node, contents, outputs),
        "inputs": contents,
        "component": _component_text(node),
        "environment_variables": dict(node.environment_variables),
        "packages": content_hash(LOCK),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def find_earlier(runs: Path, key: str) -> Earlier | None:
    """Find the run recorded under `key`, unless its outputs are gone or changed."""
    file = _index(runs, key)
    if not file.is_file():
        return None
    recorded = read_json(file)
    earlier = Earlier(recorded["run_id"], recorded["outputs"], recorded["hashes"])
    now = {name: content_hash(Path(path)) for name, path in earlier.outputs.items()}
    return earlier if now == earlier.hashes else None


def record(runs: Path, key: str, run_id: str, outputs: Mapping[str, str]) -> None:
    """Record a completed run under `key`."""
    hashes = {name: content_hash(Path(path)) for name, path in outputs.items()}
    write_json(_index(runs, key), asdict(Earlier(run_id, dict(outputs), hashes)))


def _index(runs: Path, key: str) -> Path:
    return runs / "reuse" / f"{key}.json"


def _component_text(node: PlannedNode) -> str:
    """Read the component's own file; an inline one is told by its command, code and outputs."""
    file = node.component.place.file
    is_own_file = node.component.place.file != node.place.file
    outputs = sorted(f"{output.name}:{output.type}" for output in node.outputs.values())
    return (
        file.read_text(encoding="utf-8") if is_own_file else repr((node.component.spark, outputs))
    )
