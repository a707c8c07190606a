"""Secrets that were given to the local workspace: a file that only its owner may read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from aml_pipelines.files import read_json, write_json
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class SecretFile:
    """Secrets by the name of what they open, in the workspace with the folder `state`."""

    def __init__(self, state: Path) -> None:
        self._file = StateFolder(state).secrets
        self._writing = threading.Lock()

    def find(self, name: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self._all().get(name)
        return found

    def keep(self, name: str, secret: Mapping[str, Any] | None) -> None:
        """Keep a secret in the place of the one before, or forget that when there is none."""
        with self._writing:
            others = {key: value for key, value in self._all().items() if key != name}
            given = {name: dict(secret)} if secret else {}
            write_json(self._file, {**others, **given}, mode=0o600)

    def _all(self) -> dict[str, Any]:
        return read_json(self._file) if self._file.is_file() else {}
