"""Routes by which files get into a registry and out of it, and assets from a workspace into it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from aml_pipelines.workspace.http.addresses import host
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.names import asset_name, asset_version
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.registries.files import open_copy
from aml_pipelines.workspace.registries.scope import RegistryScope, refuse_other_groups
from aml_pipelines.workspace.registries.sharing import WorkspaceVersion, refuse_unshared, share
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.fields import JsonObject
    from aml_pipelines.workspace.registries.store import RegistryFolder

_SOURCE = re.compile(
    r"azureml://locations/[^/]+/workspaces/(?P<workspace>[^/]+)"
    r"/(?P<plural>[^/]+)/(?P<name>[^/]+)/versions/(?P<version>.+)"
)
_UPLOADED = "<any(codes, data, models):_plural>/<name>/versions/<version>/startPendingUpload"
_ASSETS = "/<any(codes, components, data, environments, models):plural>"
routes = Blueprint("registry_transfers", __name__)
publishing = Blueprint("publishing", __name__)
routes.url_value_preprocessor(refuse_other_groups)


@routes.put("/<registry>/tempdatarefs/<name>/versions/<version>")
def open_container(registry: str, name: str, version: str) -> Response:
    return _reference(_opened(registry, name, version))


@routes.post(f"/<registry>/{_UPLOADED}")
def start_upload(registry: str, name: str, version: str, **_: str) -> Response:
    return jsonify(
        blobReferenceForConsumption=_opened(registry, name, version),
        pendingUploadId=str(uuid.uuid4()),
        pendingUploadType="None",
    )


@routes.post("/<registry>/<any(datarefs, datareferences):_>/<name>/versions/<version>")
def open_files(registry: str, **_: str) -> Response:
    found, uploads = here().registries.get(registry), here().uploads
    container = open_copy(found, str(json_body().get("blobUri")), uploads)
    return _reference(_held(registry, uploads.reference(host(), container)))


@routes.post("/<registry>/import")
def import_asset(registry: str) -> Response:
    found = here().registries.get(registry)
    properties = mapping_in(json_body(), "properties")
    asked = str(properties.get("sourceAssetId"))
    source = _SOURCE.fullmatch(asked)
    if not source or source["workspace"] != here().guid:
        raise ArmError(400, "UserError", f"{asked!r} is no asset of this workspace")
    shared = WorkspaceVersion(source["plural"], source["name"], source["version"])
    return _share(shared, found, properties)


@publishing.post(f"{_ASSETS}/<name>/versions/<version>/publish")
def publish_asset(plural: str, name: str, version: str) -> Response:
    refuse_unshared(plural)
    body = json_body()
    check_body("DestinationAsset", body)
    found = here().registries.get(str(body.get("registryName")))
    return _share(WorkspaceVersion(plural, name, version), found, body)


def _share(
    source: WorkspaceVersion, registry: RegistryFolder, destination: Mapping[str, object]
) -> Response:
    name = asset_name(str(destination.get("destinationName") or source.name))
    version = asset_version(str(destination.get("destinationVersion") or source.version))
    share(here(), source, registry, name, version)
    return here().operations.begin(Response(status=202))


def _opened(registry: str, name: str, version: str) -> dict[str, object]:
    here().registries.get(registry)
    asset_name(name)
    asset_version(version)
    return _held(registry, here().uploads.reference(host()))


def _held(registry: str, reference: JsonObject) -> dict[str, object]:
    # Azure names a storage account here; what holds the files is the registry.
    return {**reference, "storageAccountArmId": RegistryScope(here().scope, registry).id}


def _reference(reference: JsonObject) -> Response:
    return jsonify(
        blobReferenceForConsumption=reference,
        imageReferenceForConsumption=None,
        temporaryDataReferenceId=str(uuid.uuid4()),
        temporaryDataReferenceType=None,
    )
