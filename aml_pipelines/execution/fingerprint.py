"""All that a node's outputs depend on, part by part: equal fingerprints mean equal outputs."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import distributions
from typing import TYPE_CHECKING

from aml_pipelines.files import read_json, write_json
from aml_pipelines.hashing import file_hashes
from aml_pipelines.pipeline.command import command
from aml_pipelines.repository import LOCK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.environments.build import BuiltEnvironment
    from aml_pipelines.pipeline.plan import PlannedNode

FINGERPRINT = "fingerprint.json"
_PINNED = re.compile(r"^(?P<name>[\w.\[\]-]+)==(?P<version>\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Fingerprint:
    """The code, arguments, data and packages of a node.

    `code` and each input of `data` map files to the hashes of their bytes, `environment_variables`
    names to hashes of their values, `packages` names to versions; `outputs` are the stated paths.
    """

    code: Mapping[str, str]
    command: str
    component: str
    inputs: Mapping[str, str | None]
    data: Mapping[str, Mapping[str, str]]
    environment_variables: Mapping[str, str]
    packages: Mapping[str, str]
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ReuseDecision:
    """Why a node ran or was reused: its fingerprint, and what was decided without looking at it.

    `cannot` says why nothing can stand for its outputs, `refused` why this run takes nothing, and
    `reused` names the run whose outputs were taken.
    """

    fingerprint: Fingerprint | None
    cannot: str = ""
    refused: str = ""
    reused: str = ""


def fingerprint_of(
    node: PlannedNode, data: NodeData, files: Mapping[str, Path], environment: BuiltEnvironment
) -> Fingerprint:
    """Return what `node` depends on; all its data must be local."""
    bound = node.inputs
    hashes = {name: _content(data.sources_of(name)) for name, item in bound.items() if item.is_data}
    # Where data and outputs are does not count: the command has their names in place of paths.
    named = {name: f"data:{name}" if name in hashes else data.inputs[name] for name in bound}
    outputs = {name: f"output:{name}" for name in node.outputs}
    return Fingerprint(
        code={name: _file_hash(file) for name, file in files.items()},
        command=command(node, named, outputs),
        component=_component_text(node),
        inputs={name: text for name, text in named.items() if name not in hashes},
        data=hashes,
        # Hashed, for they may hold secrets, and this is written down.
        environment_variables={
            name: hashlib.sha256(value.encode()).hexdigest()
            for name, value in node.environment_variables.items()
        },
        # Another release of a package may compute something else from equal inputs.
        packages={"environment": environment.key} if environment.key else dict(_locked()),
        # An earlier run has written to the path that its own file states, and to no other.
        outputs={name: output.path for name, output in node.outputs.items() if output.path},
    )


def write_decision(folder: Path, decision: ReuseDecision) -> None:
    """Record a decision in the folder of a node."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / FINGERPRINT, asdict(decision))


def read_decision(folder: Path) -> ReuseDecision | None:
    """Return the decision recorded in the folder of a node, if there is one."""
    file = folder / FINGERPRINT
    if not file.is_file():
        return None
    recorded = read_json(file)
    parts = recorded.pop("fingerprint")
    return ReuseDecision(Fingerprint(**parts) if parts else None, **recorded)


def _content(sources: tuple[Path, ...]) -> dict[str, str]:
    if len(sources) == 1:
        return file_hashes(sources[0])
    return {
        f"{number}/{source.name}/{name}".rstrip("/"): digest
        for number, source in enumerate(sources)
        for name, digest in file_hashes(source).items()
    }


def _file_hash(file: Path) -> str:
    return file_hashes(file)[""]


@cache
def _locked() -> Mapping[str, str]:
    if not LOCK.is_file():  # this package was installed from its wheel
        return {item.metadata["Name"]: item.version for item in distributions()}
    text = LOCK.read_text(encoding="utf-8")
    return {match["name"]: match["version"] for match in _PINNED.finditer(text)}


def _component_text(node: PlannedNode) -> str:
    """Return the text of the component's own file, if any, and what the node's kind read of it."""
    file = node.component.place.file
    is_own_file = node.component.place.file != node.place.file
    text = file.read_text(encoding="utf-8") if is_own_file else ""
    outputs = sorted(f"{output.name}:{output.type}" for output in node.outputs.values())
    # A job may change what its component's file says.
    return f"{text}{(node.component.own, outputs)!r}"
