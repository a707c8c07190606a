"""Stores secrets of the workspace in a file that only its owner may read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from aml_pipelines.files import read_json, write_json
from aml_pipelines.workspace.state import StateFolder
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class SecretFile:
    """The secrets of the workspace with the folder `state`, by the names of their resources."""

    def __init__(self, state: Path) -> None:
        self._file = StateFolder(state).secrets
        # The file is read and written whole: of two writers at once, one would lose its secret.
        self._writing = threading.Lock()

    def find(self, name: str) -> Mapping[str, Any] | None:
        secret: Mapping[str, Any] | None = self._all().get(name)
        return secret

    def keep(self, name: str, secret: Mapping[str, Any] | None) -> None:
        """Replace the secret of `name`, or delete it if `secret` is None."""
        with self._writing:
            others = {key: value for key, value in self._all().items() if key != name}
            entry = {name: dict(secret)} if secret else {}
            write_json(self._file, {**others, **entry}, mode=0o600)

    def _all(self) -> dict[str, Any]:
        try:
            return read_json(self._file) if self._file.is_file() else {}
        except ValueError as error:
            raise UserError(
                f"{self._file} is not JSON ({error}); move it away and put its secrets anew"
            ) from error
