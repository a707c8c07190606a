"""Code uploads: one container each, writable by whoever holds its signed URL."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from aml_pipelines.files import lay_copy
from aml_pipelines.pipeline.references import DEFAULT
from aml_pipelines.workspace.http.addresses import STORAGE_PREFIX
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.storage.access import AccessLinks
from aml_pipelines.workspace.storage.protocol import storage_error

if TYPE_CHECKING:
    from pathlib import Path

_ACCOUNT = f"{STORAGE_PREFIX}/{DEFAULT}.blob.core.windows.net"
_CONTAINER = re.compile(r"[0-9a-f]{32}")


class Uploads:
    """The containers of uploads in the workspace with the folder `state`."""

    def __init__(self, state: Path) -> None:
        self._root = StateFolder(state).uploads
        self._links = AccessLinks("upload")

    def open_container(self, host: str) -> tuple[str, str]:
        """Make a container; returns its URL without and with the signature that grants access."""
        # A name that cannot be guessed, in a folder of its own: uploads never share files.
        container = secrets.token_hex(16)
        (self._root / container).mkdir(parents=True)
        return self.addresses(host, container)

    def addresses(self, host: str, container: str) -> tuple[str, str]:
        """Return a container's URL without and with the signature that grants access."""
        url = f"https://{host}{_ACCOUNT}/{container}"
        return url, f"{url}?{self._links.query(container, 'rwl')}"

    def reference(self, host: str, container: str = "") -> dict[str, object]:
        """Return what tells a client how to reach a container: a new one, if none is named."""
        url, signed = self.addresses(host, container) if container else self.open_container(host)
        return {
            "blobUri": url,
            "storageAccountArmId": "",
            "credential": {"credentialType": "SAS", "sasUri": signed},
        }

    def lay(self, container: str, source: Path) -> None:
        """Make the folder `source` a container, by a copy, unless the container is there."""
        lay_copy(source, self._root / container)

    def find(self, container: str) -> Path | None:
        """Return a container's folder, to a caller whose right to the account is checked."""
        folder = self._root / container
        return folder if _CONTAINER.fullmatch(container) and folder.is_dir() else None

    def folder(self, container: str) -> Path:
        """Return a container's folder to a request with its signature; refuses others (403)."""
        is_name = _CONTAINER.fullmatch(container)
        if not is_name or not self._links.is_right(container):
            raise storage_error(
                "AuthenticationFailed",
                "the signature is not this container's, permits something else, or has expired",
            )
        return self._root / container
