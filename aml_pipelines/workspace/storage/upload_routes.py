"""Routes of code uploads: the request for a container to write to."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, jsonify

from aml_pipelines.pipeline.references import DEFAULT
from aml_pipelines.workspace.http.addresses import host
from aml_pipelines.workspace.http.names import asset_name, asset_version
from aml_pipelines.workspace.served import here

routes = Blueprint("uploads", __name__)


@routes.post("/codes/<name>/versions/<version>/startPendingUpload")
def start_upload(name: str, version: str) -> Response:
    asset_name(name)
    asset_version(version)
    # Azure names a storage account here; what holds an upload is this datastore.
    store = {"storageAccountArmId": f"{here().scope.id}/datastores/{DEFAULT}"}
    return jsonify(
        pendingUploadId=str(uuid.uuid4()),
        pendingUploadType="None",
        blobReferenceForConsumption={**here().uploads.reference(host()), **store},
    )
