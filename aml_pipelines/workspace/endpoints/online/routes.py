"""Routes of online endpoints: what they are, their keys and tokens, and who gets the traffic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.arm import ArmError, Resource, Scope, answer, page
from aml_pipelines.workspace.http.identity import AUDIENCES
from aml_pipelines.workspace.http.request_body import json_body, mapping_in
from aml_pipelines.workspace.http.schema import check_body

if TYPE_CHECKING:
    from aml_pipelines.workspace.endpoints.online.endpoints import OnlineEndpoints
    from aml_pipelines.workspace.http.identity import Identity
    from aml_pipelines.workspace.http.operations import Operations
    from aml_pipelines.workspace.store.documents import Document

SCORING_PREFIX = "/scoring/online"
_FILTERS = frozenset({"name", "count", "computeType", "tags", "properties", "orderBy"})
_TOKENS_AUDIENCE = next(audience for audience in AUDIENCES if "ml.azure" in audience)
_SHARED = ("location", "tags", "identity", "kind", "sku")


def online_routes(
    scope: Scope, online: OnlineEndpoints, operations: Operations, identity: Identity
) -> Blueprint:
    """Serve the endpoints of `online`."""
    routes = Blueprint("online", __name__)
    _add_key_routes(routes, online, operations, identity)

    @routes.get("/")
    def list_endpoints() -> Response:
        found = [_resource(scope, item) for item in online.endpoints.all()]
        return page(found, also=_FILTERS)

    @routes.get("/<name>")
    def get_endpoint(name: str) -> Response:
        return answer(_resource(scope, online.endpoints.get(name)))

    @routes.put("/<name>")
    def put_endpoint(name: str) -> Response:
        body = json_body()
        check_body("OnlineEndpoint", body)
        properties = {**mapping_in(body, "properties"), "keys": None}
        if sum(int(str(share)) for share in mapping_in(properties, "mirrorTraffic").values()):
            raise ArmError(501, "NotImplemented", "mirrored traffic is not served; traffic is")
        stored = online.endpoints.find(name)
        if stored and stored.properties.get("authMode") != properties.get("authMode"):
            raise ArmError(400, "UserError", f"the authMode of endpoint {name!r} cannot change")
        shared = {key: body[key] for key in _SHARED if body.get(key)}
        document, is_new = online.put_endpoint(name, {**shared, "properties": properties})
        return operations.begin(answer(_resource(scope, document), is_new=is_new))

    @routes.delete("/<name>")
    def delete_endpoint(name: str) -> Response:
        is_there = online.delete_endpoint(name)
        return operations.begin(Response(status=202)) if is_there else Response(status=204)

    return routes


def _add_key_routes(
    routes: Blueprint, online: OnlineEndpoints, operations: Operations, identity: Identity
) -> None:
    @routes.post("/<name>/listKeys")
    def list_keys(name: str) -> Response:
        _refuse_other_mode(online.endpoints.get(name), "Key")
        return jsonify(dict(online.keys(name)))

    @routes.post("/<name>/regenerateKeys")
    def regenerate_keys(name: str) -> Response:
        _refuse_other_mode(online.endpoints.get(name), "Key")
        body = json_body()
        check_body("RegenerateEndpointKeysRequest", body)
        online.regenerate_key(name, str(body.get("keyType")))
        return operations.begin(Response(status=202))

    @routes.post("/<name>/token")
    def token(name: str) -> Response:
        _refuse_other_mode(online.endpoints.get(name), "AMLToken")
        now = time.time()
        return jsonify(
            accessToken=identity.token(_TOKENS_AUDIENCE, now),
            tokenType="Bearer",
            expiryTimeUtc=int(now) + identity.lifetime,
            refreshAfterTimeUtc=int(now) + identity.lifetime // 2,
        )


def _refuse_other_mode(endpoint: Document, mode: str) -> None:
    found = str(endpoint.properties.get("authMode"))
    if found.lower() != mode.lower():
        raise ArmError(400, "UserError", f"endpoint {endpoint.name!r} has authMode {found!r}")


def _resource(scope: Scope, endpoint: Document) -> Resource:
    resource = scope.resource(
        f"onlineEndpoints/{endpoint.name}",
        {
            "traffic": {},
            "mirrorTraffic": {},
            "publicNetworkAccess": "Enabled",
            **endpoint.properties,
            "scoringUri": f"https://{request.host}{SCORING_PREFIX}/{endpoint.name}/score",
            "provisioningState": "Succeeded",
        },
        created_at=endpoint.created_at,
        modified_at=endpoint.modified_at,
    )
    shared = {key: value for key, value in endpoint.content.items() if key in _SHARED}
    return {"location": "local", "tags": {}, "kind": "Managed", **resource, **shared}
