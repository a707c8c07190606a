"""Routes of online endpoints, with their keys, tokens and traffic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from aml_pipelines.workspace.endpoints.envelopes import (
    SHARED,
    no_such_endpoint,
    of_endpoints,
    shared_fields,
)
from aml_pipelines.workspace.http.addresses import address
from aml_pipelines.workspace.http.arm import ArmError, Resource, answer, page
from aml_pipelines.workspace.http.fields import mapping_in, texts_in
from aml_pipelines.workspace.http.identity import endpoint_audience
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from aml_pipelines.workspace.store.documents import StoredDocument

SCORING_PREFIX = "/scoring/online"
_FILTERS = frozenset({"name", "count", "computeType", "tags", "properties", "orderBy"})
_UNTOLD = ("keys",)


routes = Blueprint("online", __name__)


@routes.get("/onlineEndpoints")
def list_endpoints() -> Response:
    return page([_resource(item) for item in here().online.endpoints.all()], also=_FILTERS)


@routes.get("/onlineEndpoints/<name>")
def get_endpoint(name: str) -> Response:
    endpoint = here().online.endpoints.find(name)
    if not endpoint:
        raise no_such_endpoint("online endpoint", name)
    return answer(_resource(endpoint))


@routes.put("/onlineEndpoints/<name>")
def put_endpoint(name: str) -> Response:
    body = json_body()
    check_body("OnlineEndpoint", body)
    properties = {**mapping_in(body, "properties"), "keys": None}
    properties["properties"] = texts_in(properties, "properties")
    online = here().online
    stored = online.endpoints.find(name)
    if stored and stored.properties.get("authMode") != properties.get("authMode"):
        raise ArmError(400, "UserError", f"the authMode of endpoint {name!r} cannot change")
    shared = {key: body[key] for key in SHARED if body.get(key)}
    document, is_new = online.put_endpoint(name, {**shared, "properties": properties})
    state = "Creating" if is_new else "Updating"
    return here().operations.begin(answer(_resource(document, state), is_new=is_new))


@routes.delete("/onlineEndpoints/<name>")
def delete_endpoint(name: str) -> Response:
    existed = here().online.delete_endpoint(name)
    return here().operations.begin(Response(status=202)) if existed else Response(status=204)


@routes.post("/onlineEndpoints/<name>/listKeys")
def list_keys(name: str) -> Response:
    _refuse_other_mode(here().online.endpoints.get(name), "Key")
    return jsonify(dict(here().online.keys(name)))


@routes.post("/onlineEndpoints/<name>/regenerateKeys")
def regenerate_keys(name: str) -> Response:
    _refuse_other_mode(here().online.endpoints.get(name), "Key")
    body = json_body()
    check_body("RegenerateEndpointKeysRequest", body)
    here().online.regenerate_key(name, str(body.get("keyType")))
    return here().operations.begin(Response(status=202))


@routes.post("/onlineEndpoints/<name>/token")
def issue_token(name: str) -> Response:
    _refuse_other_mode(here().online.endpoints.get(name), "AMLToken")
    now, identity = time.time(), here().identity
    return jsonify(
        accessToken=identity.token(endpoint_audience(name), now),
        tokenType="Bearer",
        expiryTimeUtc=int(now) + identity.lifetime,
        refreshAfterTimeUtc=int(now) + identity.lifetime // 2,
    )


def _refuse_other_mode(endpoint: StoredDocument, mode: str) -> None:
    stored = str(endpoint.properties.get("authMode"))
    if stored.lower() != mode.lower():
        raise ArmError(400, "UserError", f"endpoint {endpoint.name!r} has authMode {stored!r}")


def _resource(endpoint: StoredDocument, state: str = "Succeeded") -> Resource:
    path = f"onlineEndpoints/{endpoint.name}"
    scored, is_there = f"{address()}{SCORING_PREFIX}/{endpoint.name}", state != "Creating"
    properties = endpoint.properties
    resource = here().scope.resource(
        path,
        {
            "traffic": {},
            "mirrorTraffic": {},
            "publicNetworkAccess": "Enabled",
            **dict.fromkeys(("description", "compute")),
            **{name: value for name, value in properties.items() if name not in _UNTOLD},
            "properties": {
                **mapping_in(properties, "properties"),
                # The service spells this id small.
                "azureml.onlineendpointid": f"{here().scope.id}/{path}".lower(),
            },
            "scoringUri": f"{scored}/score" if is_there else None,
            "swaggerUri": f"{scored}/swagger.json" if is_there else None,
            "provisioningState": state,
        },
        created_at=endpoint.created_at,
        modified_at=endpoint.modified_at,
    )
    shared = shared_fields(endpoint)
    return {"location": "local", "tags": {}, "kind": "Managed", **of_endpoints(resource), **shared}
