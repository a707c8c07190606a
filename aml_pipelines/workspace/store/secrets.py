"""Secrets that were given to the local workspace: a file that only its owner may read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from aml_pipelines.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class SecretFile:
    """Secrets by the name of what they open, in the workspace with the folder `lake`."""

    def __init__(self, lake: Path) -> None:
        self._file = lake / "registry" / "secrets.json"
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
