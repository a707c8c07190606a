"""Uploads of code: a container each in the lake, which who has its signed URL may write."""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.names import asset_name, asset_version
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.storage.protocol import STORAGE_PREFIX, storage_error

if TYPE_CHECKING:
    from pathlib import Path

_ACCOUNT = f"{STORAGE_PREFIX}/workspaceblobstore.blob.core.windows.net"
_CONTAINER = re.compile(r"[0-9a-f]{32}")


class Uploads:
    """Containers for one upload each; who has a container's URL may use it."""

    def __init__(self, state: Path) -> None:
        self._root = StateFolder(state).uploads
        self._key = secrets.token_bytes(32)

    def open_container(self, host: str) -> tuple[str, str]:
        """Make a container; gives its URL without and with the signature that lets one in."""
        container = secrets.token_hex(16)
        (self._root / container).mkdir(parents=True)
        url = f"https://{host}{_ACCOUNT}/{container}"
        return url, f"{url}?sv=2021-08-06&sr=c&sp=rwl&sig={quote(self._signature(container))}"

    def folder(self, container: str) -> Path:
        """Find a container's folder for a request whose signature is right; refuses others."""
        given = request.args.get("sig", "").encode()
        if not _CONTAINER.fullmatch(container) or not hmac.compare_digest(
            given, self._signature(container).encode()
        ):
            raise storage_error("AuthenticationFailed", "the signature is not this container's")
        return self._root / container

    def _signature(self, container: str) -> str:
        return hmac.new(self._key, container.encode(), sha256).hexdigest()


def upload_routes(uploads: Uploads) -> Blueprint:
    """Serve the start of an upload, below the workspace."""
    routes = Blueprint("uploads", __name__)

    @routes.post("/codes/<name>/versions/<version>/startPendingUpload")
    def start(name: str, version: str) -> Response:
        asset_name(name)
        asset_version(version)
        url, signed = uploads.open_container(request.host)
        return jsonify(
            pendingUploadId=None,
            pendingUploadType="TemporaryBlobReference",
            blobReferenceForConsumption={
                "blobUri": url,
                "storageAccountArmId": "",
                "credential": {"credentialType": "SAS", "sasUri": signed},
            },
        )

    return routes
