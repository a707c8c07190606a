"""Read a Delta table's transaction log as it lies on disk, without Delta."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def commits(uri: str) -> list[dict[str, list[dict[str, Any]]]]:
    """Return each commit of a table, oldest first: its actions by kind."""
    read: list[dict[str, list[dict[str, Any]]]] = []
    for file in sorted(Path(uri, "_delta_log").glob("*.json")):
        actions: dict[str, list[dict[str, Any]]] = {}
        # Not `splitlines`: values in statistics may have what Unicode calls the end of a line.
        for line in filter(None, file.read_text(encoding="utf-8").split("\n")):
            for kind, action in json.loads(line).items():
                actions.setdefault(kind, []).append(action)
        read.append(actions)
    return read


def operations(uri: str) -> list[str]:
    """Name what each commit of a table did, oldest first."""
    return [str(commit["commitInfo"][0]["operation"]) for commit in commits(uri)]


def live_files(uri: str) -> list[str]:
    """Return the data files of a table's newest version, which no checkpoint has replaced."""
    files: dict[str, None] = {}
    for commit in commits(uri):
        for action in commit.get("remove", []):
            files.pop(action["path"])
        files |= {action["path"]: None for action in commit.get("add", [])}
    return [str(Path(uri, file)) for file in files]
