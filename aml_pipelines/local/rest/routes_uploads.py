"""Uploads of code: a container each in the lake, written through a part of the Blob API."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from aml_pipelines.local.rest.names import asset_name, asset_version

if TYPE_CHECKING:
    from pathlib import Path

BLOB_PREFIX = "/storage/workspaceblobstore.blob.core.windows.net"
_METADATA = "x-ms-meta-"
_CONTAINER = re.compile(r"[0-9a-f]{32}")


class Uploads:
    """Containers for one upload each, in the lake; who has a container's URL may use it."""

    def __init__(self, lake: Path) -> None:
        self._root = lake / "workspaceblobstore" / "uploads"
        self._key = secrets.token_bytes(32)
        self._writing = threading.Lock()

    def open_container(self, host: str) -> tuple[str, str]:
        """Make a container; gives its URL without and with the signature that lets one in."""
        container = secrets.token_hex(16)
        (self._root / container).mkdir(parents=True)
        url = f"https://{host}{BLOB_PREFIX}/{container}"
        return url, f"{url}?sv=2021-08-06&sr=c&sp=rwl&sig={quote(self._signature(container))}"

    def file(self, container: str, blob: str) -> Path:
        """Find a blob's file for a request whose signature is right; refuses others with 403."""
        given = request.args.get("sig", "")
        if not _CONTAINER.fullmatch(container) or not hmac.compare_digest(
            given, self._signature(container)
        ):
            raise _storage_error(403, "AuthenticationFailed")
        folder = (self._root / container).resolve()
        found = (folder / blob).resolve()
        if not found.is_relative_to(folder):
            raise _storage_error(400, "InvalidUri")
        return found

    def metadata(self, container: str) -> dict[str, dict[str, str]]:
        """Read the metadata of each blob in `container`."""
        file = self._metadata_file(container)
        return json.loads(file.read_text()) if file.is_file() else {}

    def write_metadata(self, container: str, blob: str, metadata: dict[str, str]) -> None:
        with self._writing:
            content = {**self.metadata(container), blob: metadata}
            self._metadata_file(container).write_text(json.dumps(content))

    def _metadata_file(self, container: str) -> Path:
        return self._root / f"{container}.metadata.json"

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


def blob_routes(uploads: Uploads) -> Blueprint:
    """Serve blobs of upload containers, as Azure Blob Storage does."""
    routes = Blueprint("blobs", __name__, url_prefix=BLOB_PREFIX)

    @routes.put("/<container>/<path:blob>")
    def put_blob(container: str, blob: str) -> Response:
        file = uploads.file(container, blob)
        if request.args.get("comp") == "metadata":
            uploads.write_metadata(container, blob, _given_metadata())
            return Response(status=200)
        if "comp" in request.args or request.headers.get("x-ms-blob-type") != "BlockBlob":
            raise _storage_error(501, "NotImplemented")
        if request.headers.get("If-None-Match") == "*" and file.exists():
            raise _storage_error(409, "BlobAlreadyExists")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(request.get_data())
        return Response(status=201)

    @routes.get("/<container>/<path:blob>")  # and HEAD, which Flask answers without the body
    def get_blob(container: str, blob: str) -> Response:
        file = uploads.file(container, blob)
        if not file.is_file():
            raise _storage_error(404, "BlobNotFound")
        found = Response(file.read_bytes(), mimetype="application/octet-stream")
        found.headers["x-ms-blob-type"] = "BlockBlob"
        for key, value in uploads.metadata(container).get(blob, {}).items():
            found.headers[f"{_METADATA}{key}"] = value
        return found

    return routes


def _given_metadata() -> dict[str, str]:
    return {
        name.lower().removeprefix(_METADATA): value
        for name, value in request.headers.items()
        if name.lower().startswith(_METADATA)
    }


def _storage_error(status: int, code: str) -> HTTPException:
    body = f"<?xml version='1.0' encoding='utf-8'?><Error><Code>{code}</Code></Error>"
    response = Response(body, status, mimetype="application/xml")
    response.headers["x-ms-error-code"] = code
    return HTTPException(response=response)
