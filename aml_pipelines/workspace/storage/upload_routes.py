"""Routes of code uploads: the request for a container to write to."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from aml_pipelines.workspace.http.addresses import host
from aml_pipelines.workspace.http.names import asset_name, asset_version
from aml_pipelines.workspace.served import here

routes = Blueprint("uploads", __name__)


@routes.post("/codes/<name>/versions/<version>/startPendingUpload")
def start_upload(name: str, version: str) -> Response:
    asset_name(name)
    asset_version(version)
    return jsonify(
        pendingUploadId=None,
        pendingUploadType="TemporaryBlobReference",
        blobReferenceForConsumption=here().uploads.reference(host()),
    )
