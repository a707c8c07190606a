"""Routes by which MLTable's reader and azureml-fsspec find and list the storage of datastores."""

from __future__ import annotations

import re

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.pipeline.references import long_uri
from aml_pipelines.workspace.http.addresses import STORAGE_PREFIX, host
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.served import here
from aml_pipelines.workspace.storage.blob_routes import list_blobs
from aml_pipelines.workspace.storage.blobs import BlobError
from aml_pipelines.workspace.storage.protocol import refused, storage_error

datastores = Blueprint("described datastores", __name__)
data = Blueprint("described data", __name__)
storage = Blueprint("reader", __name__)
storage.register_error_handler(BlobError, refused)
_TYPES = {"mltable": "MLTable", "uri_file": "UriFile", "uri_folder": "UriFolder"}
_SUFFIX = "core.windows.net"
# The reader takes the first segment of an address for the container: ours begin with an account's,
# or with the names of one of several workspaces.
_LISTED = re.compile(
    rf"(?P<base>(?:[^/]+/[^/]+/[^/]+{STORAGE_PREFIX}/)?(?P<account>[^/.]+)\.blob\.[^/]+/(?P<container>[^/]+)/)(?P<path>.*)"
)


@datastores.get("/datastores/<name>")
def describe_datastore(name: str) -> Response:
    accounts = here().accounts
    if not accounts.has(name):
        raise ArmError(404, "NotFound", f"datastore {name!r} is no folder of this workspace")
    # Without a credential the reader would send requests that prove nothing.
    access = accounts.access(name)
    section = {
        "accountName": f"{host()}{STORAGE_PREFIX}/{name}",
        "containerName": name,
        "endpoint": _SUFFIX,
        "protocol": "https",
        "credentialType": "Sas",
        "credential": access,
        "sasToken": access,
        "isSas": True,
        "serviceDataAccessAuthIdentity": "None",
    }
    return jsonify(name=name, dataStoreType="AzureBlob", azureStorageSection=section)


@data.get("/dataversion/<name>/versions/<version>")
def describe_data(name: str, version: str) -> Response:
    asset = here().registry.data_asset(name, version)
    described = {
        "assetId": f"azureml:{name}:{version}",
        "dataContainerName": name,
        "dataType": _TYPES.get(asset.type, asset.type),
        "dataUri": long_uri(asset.path, here().scope.id),
        "versionId": version,
        "isRegistered": True,
    }
    return jsonify(dataVersion=described, isV2=True)


@storage.get(STORAGE_PREFIX)
def list_below() -> Response:
    listed = _LISTED.fullmatch(request.args.get("prefix", ""))
    if request.args.get("comp") != "list" or not listed:
        raise storage_error("NotImplemented", f"{request.full_path} is not served here")
    folder = here().accounts.open(listed["account"], listed["container"])
    return list_blobs(listed["container"], folder, listed["path"], base=listed["base"])
