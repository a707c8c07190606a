"""Routes of registries themselves, and those by which clients find them and this server's cloud."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.addresses import address
from aml_pipelines.workspace.http.arm import PROVIDER, ArmError, Resource, page
from aml_pipelines.workspace.http.fields import list_in, mapping, mapping_in
from aml_pipelines.workspace.http.identity import PRINCIPAL, assigned
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.registries.scope import RegistryScope, refuse_other_groups
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.fields import JsonObject
    from aml_pipelines.workspace.registries.store import RegistryFolder

METADATA, DISCOVERY = "/metadata", "/registrymanagement"
CLOUD = "LocalWorkspace"
_LOCATION = "local"
_SHARED = ("tags", "identity", "kind", "sku")
# Of a body, and of no answer.
_GIVEN_ONLY = "managedResourceGroupTags"
registries = Blueprint("registries", __name__)
registries.url_value_preprocessor(refuse_other_groups)
lists = Blueprint("registry_lists", __name__)
found = Blueprint("found", __name__)


@registries.get("")
def list_registries() -> Response:
    return page([_resource(item) for item in here().registries.all()])


@lists.get(f"/subscriptions/<subscription>/providers/{PROVIDER}/registries")
def list_all(subscription: str) -> Response:
    is_here = subscription == here().scope.subscription_id
    return page([_resource(item) for item in here().registries.all()] if is_here else [])


@registries.get("/<registry>")
def get_registry(registry: str) -> Response:
    return jsonify(_resource(here().registries.get(registry)))


@registries.put("/<registry>")
def put_registry(registry: str) -> Response:
    body = json_body()
    check_body("Registry", body)
    return _keep(registry, body)


@registries.patch("/<registry>")
def update_registry(registry: str) -> Response:
    body = json_body()
    check_body("PartialRegistryPartialTrackedResource", body)
    stored = here().registries.get(registry).content
    return _keep(registry, {**stored, **{key: value for key, value in body.items() if value}})


@registries.delete("/<registry>")
def delete_registry(registry: str) -> Response:
    existed = here().registries.delete(registry)
    return here().operations.begin(Response(status=202)) if existed else Response(status=204)


@registries.post("/<registry>/removeRegions")
def remove_regions(**_: str) -> Response:
    raise ArmError(501, "NotImplemented", f"{request.path}: a registry here is in one region")


@found.get(f"{DISCOVERY}/v1.0/registries/<name>/discovery")
def discover_registry(name: str) -> Response:
    registry, scope = here().registries.get(name), here().scope
    return jsonify(
        registryId=str(uuid.uuid5(uuid.NAMESPACE_URL, RegistryScope(scope, registry.name).id)),
        registryName=registry.name,
        tenantId=PRINCIPAL,
        primaryRegion=_LOCATION,
        regions=[_LOCATION],
        subscriptionId=scope.subscription_id,
        resourceGroup=scope.resource_group,
        workspaceName=None,
        primaryRegionResourceProviderUri=f"{address()}/",
        registryFqdns={_LOCATION: {"uri": address()}},
        intellectualPropertyPublisher=None,
    )


@found.get(f"{METADATA}/endpoints")
def describe_cloud() -> Response:
    server = address()
    cloud = {
        "name": CLOUD,
        # Its domain is that of the resource for which clients get tokens, ml.azure.com.
        "portal": "https://portal.azure.com",
        "resourceManager": server,
        "authentication": {"loginEndpoint": server, "audiences": [server], "tenant": "common"},
        "suffixes": {"storage": "core.windows.net"},
    }
    return jsonify([cloud])


def _keep(name: str, body: Mapping[str, object]) -> Response:
    content = {key: body[key] for key in (*_SHARED, "properties") if body.get(key)}
    registry, is_new = here().registries.put(name, content)
    response = jsonify(_resource(registry))
    response.status_code = 201 if is_new else 200
    return here().operations.begin(response)


def _resource(registry: RegistryFolder) -> Resource:
    scope = RegistryScope(here().scope, registry.name)
    shared = {key: registry.content[key] for key in _SHARED if key in registry.content}
    if "identity" in shared:
        shared["identity"] = assigned(mapping_in(shared, "identity"))
    given = mapping_in(registry.content, "properties")
    regions = [_region(mapping(item)) for item in list_in(given, "regionDetails")]
    return {
        "id": scope.id,
        "name": registry.name,
        "type": f"{PROVIDER}/registries",
        "location": _LOCATION,
        "tags": {},
        "systemData": None,
        **shared,
        "properties": {
            "intellectualPropertyPublisher": None,
            "publicNetworkAccess": "Enabled",
            **{key: value for key, value in given.items() if key != _GIVEN_ONLY},
            "regionDetails": regions or [_region({"location": _LOCATION})],
            "discoveryUrl": f"{address()}{DISCOVERY}/v1.0/registries/{registry.name}/discovery",
        },
    }


def _region(details: JsonObject) -> dict[str, object]:
    accounts: dict[str, object] = {"acrDetails": [], "storageAccountDetails": []}
    return {**accounts, **details, "location": str(details.get("location")).lower()}
