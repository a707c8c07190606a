"""Routes that change a part of endpoints and deployments: tags, identities, sizes, descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from aml_pipelines.workspace.endpoints.batch import routes as batch
from aml_pipelines.workspace.endpoints.online import deployment_routes
from aml_pipelines.workspace.endpoints.online import routes as online
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from aml_pipelines.workspace.store.documents import Documents

_ENDPOINT = "PartialMinimalTrackedResourceWithIdentity"
_ONLINE_DEPLOYMENT = "PartialMinimalTrackedResourceWithSku"
_BATCH_DEPLOYMENT = "PartialBatchDeploymentPartialMinimalTrackedResourceWithProperties"
routes = Blueprint("endpoint_updates", __name__)


@routes.patch("/onlineEndpoints/<name>")
def update_online_endpoint(name: str) -> Response:
    _change(here().online.endpoints, name, _ENDPOINT)
    return here().operations.begin(online.get_endpoint(name))


@routes.patch("/onlineEndpoints/<endpoint>/deployments/<name>")
def update_online_deployment(endpoint: str, name: str) -> Response:
    _change(here().online.deployments, f"{endpoint}/{name}", _ONLINE_DEPLOYMENT)
    return here().operations.begin(deployment_routes.get_deployment(endpoint, name))


@routes.patch("/batchEndpoints/<name>")
def update_batch_endpoint(name: str) -> Response:
    _change(here().batch_endpoints, name, _ENDPOINT)
    return here().operations.begin(batch.get_endpoint(name))


@routes.patch("/batchEndpoints/<endpoint>/deployments/<name>")
def update_batch_deployment(endpoint: str, name: str) -> Response:
    _change(here().batch_deployments, f"{endpoint}/{name}", _BATCH_DEPLOYMENT)
    return here().operations.begin(batch.get_deployment(endpoint, name))


def _change(stored: Documents, name: str, model: str) -> None:
    body, document = json_body(), stored.get(name)
    check_body(model, body)
    changed = {key: value for key, value in body.items() if value is not None}
    properties = {**document.properties, **mapping_in(body, "properties")}
    # The tags that a request has are all of them, as in every other update.
    stored.put(name, {**document.content, **changed, "properties": properties})
