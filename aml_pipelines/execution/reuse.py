"""Decides whether a node is run, or the outputs of an equal earlier run are taken.

A node is reused under five conditions: the run allows it (no --fresh, no force_rerun); the node was
not named to run anew (--only, --from, --debug); its component is deterministic; all its data are
local files, whose content can be compared; and an earlier run with the same key has its outputs
unchanged.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.process import Ran
from aml_pipelines.files import read_json, write_json
from aml_pipelines.hashing import content_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.pipeline.plan import PlannedNode


@dataclass(frozen=True)
class Earlier:
    """A completed run of a node: its outputs, the hash of what they held, and what it told."""

    run_name: str
    outputs: Mapping[str, str]
    hashes: Mapping[str, str]
    ran: Ran


def refusal(node: PlannedNode, context: RunContext) -> str:
    """Return why this run may take no earlier outputs for `node`; empty when it may."""
    if not context.reuses:
        return "the run was asked to reuse nothing (--fresh)"
    if context.plan.pipeline.force_rerun:
        return "the pipeline says settings.force_rerun: true"
    if node.name in context.selection.anew:
        return "the run was asked to run it anew (--only, --from, --debug)"
    return ""


def find_earlier(node: PlannedNode, key: str, context: RunContext) -> Earlier | None:
    """Return the run recorded under `key`, unless its outputs are gone or changed.

    None where this run may take no earlier outputs for `node`.
    """
    if not key or refusal(node, context):
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
