"""run.json: the record of a run, node by node, whole at every moment."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.files import write_json
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

Status = Literal["NotStarted", "Running", "Completed", "Failed", "Skipped"]


@dataclass
class NodeRecord:
    """One node in run.json."""

    type: str
    status: Status = "NotStarted"
    started: str | None = None
    seconds: float = 0.0
    reused: bool = False
    inputs: Mapping[str, str | None] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    receipt: object = None
    log: str | None = None
    command: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    registered: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


class RunRecord:
    """The record of one run, written to its file at every change."""

    def __init__(self, file: Path, about: Mapping[str, Any], nodes: Mapping[str, str]) -> None:
        self.file = file
        self.about = about
        self.status: Status = "Running"
        self.registered: Mapping[str, str] = {}
        self.nodes = {name: NodeRecord(type=kind) for name, kind in nodes.items()}
        self._began = time.monotonic()
        self._seconds: float | None = None
        self._lock = threading.Lock()

    @property
    def is_completed(self) -> bool:
        return self.status == "Completed"

    @property
    def seconds(self) -> float:
        """The seconds from the beginning of the run to its end, or to now."""
        return self.seconds_since if self._seconds is None else self._seconds

    @property
    def seconds_since(self) -> float:
        """The seconds from the beginning of the run to now."""
        return round(time.monotonic() - self._began, 2)

    def write(self) -> None:
        # Nodes begin in several threads, and each writes the whole file.
        with self._lock:
            nodes = {name: vars(node) for name, node in self.nodes.items()}
            content: dict[str, Any] = {"status": self.status, "seconds": self.seconds}
            content |= {"registered": self.registered, "nodes": nodes}
            write_json(self.file, {**self.about, **content})

    def add(self, nodes: Mapping[str, str]) -> None:
        """Add nodes of these types that became known in the run."""
        with self._lock:
            for name, kind in nodes.items():
                self.nodes.setdefault(name, NodeRecord(type=kind))

    def end(self, status: Status) -> None:
        """Close the record; nodes that never ran are skipped."""
        for node in self.nodes.values():
            if node.status in ("NotStarted", "Running"):
                node.status = "Failed" if node.status == "Running" else "Skipped"
        self.status = status
        self._seconds = self.seconds_since
        self.write()


def now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="milliseconds")


def git_commit() -> str | None:
    """Return the commit of this repository, with a + when files differ from it."""
    command = ["git", "-C", str(REPOSITORY), "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        named = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return named.stdout.strip() or None


def read_receipt(outputs: Mapping[str, str]) -> object:
    """Return the receipt in the output `receipt`, if any; raises NodeFailedError if broken."""
    folder = outputs.get("receipt")
    file = Path(folder) / "receipt.json" if folder else None
    if file is None or not file.is_file():
        return None
    try:
        receipt: object = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NodeFailedError(f"left a receipt that is not JSON: {file}: {error}") from error
    return receipt
