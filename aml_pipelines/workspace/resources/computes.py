"""Routes of computes, which are records only: jobs may name them and run on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.arm import ArmError, answer, page
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.resources.compute_views import compute_begun, compute_resource
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.store.documents import StoredDocument

ATTACHED = ("SynapseSpark", "Kubernetes", "VirtualMachine")
TYPES = ("AmlCompute", "ComputeInstance", *ATTACHED)
_ACTIONS = ("Delete", "Detach")
_STATES = {"start": "Running", "stop": "Stopped", "restart": "Running"}
# The accounts of nodes: what is secret of these is not kept, as nothing here would log in.
_ACCOUNTS = {
    "userAccountCredentials": ("adminUserName", "adminUserSshPublicKey"),
    "administratorAccount": ("username",),
}
# What no change may touch, and what it is where a client gave nothing.
_FIXED: Mapping[str, object] = {"vmSize": None, "vmPriority": "Dedicated", "subnet": None}
_OF_THE_SERVICE = ("enableBatchPrivateLink", "provisioningWarnings")


routes = Blueprint("computes", __name__)


@routes.get("/computes")
def list_computes() -> Response:
    return page([compute_resource(item) for item in here().computes.all()])


@routes.get("/computes/<name>")
def get_compute(name: str) -> Response:
    return answer(compute_resource(here().computes.get(name)))


@routes.put("/computes/<name>")
def put_compute(name: str) -> Response:
    body = _without_own(json_body())
    check_body("ComputeResource", body)
    content = _recorded(body)
    stored = here().computes.find(asset_name(name))
    if stored:
        _refuse_changes(stored, content)
    document, is_new = here().computes.put(name, content)
    response = answer(compute_begun(document, is_new=is_new))
    response.status_code = 201 if is_new else 200  # without the address of what was made
    return here().operations.begin(response)


@routes.patch("/computes/<name>")
def update_compute(name: str) -> Response:
    body = json_body()
    check_body("ClusterUpdateParameters", body)
    compute = here().computes.get(name)
    _refuse_other_than("AmlCompute", compute, "is scaled")
    properties, own = compute.properties, mapping_in(compute.properties, "properties")
    scale = mapping_in(mapping_in(mapping_in(body, "properties"), "properties"), "scaleSettings")
    if scale:
        own = {**own, "scaleSettings": {**mapping_in(own, "scaleSettings"), **scale}}
    content = {**compute.content, "properties": {**properties, "properties": own}}
    document, _ = here().computes.put(name, content)
    return here().operations.begin(answer(compute_resource(document)))


@routes.delete("/computes/<name>")
def delete_compute(name: str) -> Response:
    _check_action(request.args.get("underlyingResourceAction"))
    existed = here().computes.delete(name)
    return _begun() if existed else Response(status=204)


@routes.post("/computes/<name>/<any(start, stop, restart):action>")
def change_state(name: str, action: str) -> Response:
    compute = here().computes.get(name)
    _refuse_other_than("ComputeInstance", compute, f"{action}s")
    done = {"state": _STATES[action], "lastOperation": action.capitalize()}
    here().computes.put(name, {**compute.content, **done})
    return _begun()


@routes.post("/computes/<name>/enableSso")
def change_sign_on(name: str) -> Response:
    compute = here().computes.get(name)
    _refuse_other_than("ComputeInstance", compute, "has single sign-on")
    is_enabled = json_body().get("enableSSO")
    if not isinstance(is_enabled, bool):
        raise ArmError(400, "ValidationError", f"'enableSSO' is {is_enabled!r}; it takes bool")
    properties = compute.properties
    own = {**mapping_in(properties, "properties"), "enableSSO": is_enabled}
    here().computes.put(name, {**compute.content, "properties": {**properties, "properties": own}})
    return Response(status=200)


@routes.post("/computes/<name>/listNodes")
def list_nodes(name: str) -> Response:
    # A cluster here has no nodes: jobs that name it run on this machine.
    _refuse_other_than("AmlCompute", here().computes.get(name), "has nodes")
    return jsonify(nodes=[])


def _begun() -> Response:
    # Of computes the service tells the operation alone, and no address of a result.
    response = here().operations.begin(Response(status=202))
    del response.headers["Location"]
    return response


def _refuse_other_than(wanted: str, compute: StoredDocument, what: str) -> None:
    kind = compute.properties.get("computeType")
    if kind != wanted:
        raise ArmError(
            400, "UserError", f"compute {compute.name!r} is {kind!r}; only {wanted} {what}"
        )


def _check_action(action: str | None) -> None:
    if action not in _ACTIONS:
        raise ArmError(
            400,
            "ValidationError",
            f"underlyingResourceAction is {action!r}; it is one of {_ACTIONS}",
        )


def _without_own(body: Mapping[str, object]) -> dict[str, object]:
    """Return `body` without what the service answers and no description of a body has."""
    if not isinstance(properties := body.get("properties"), dict):
        return {**body}
    told = {name: value for name, value in properties.items() if name not in _OF_THE_SERVICE}
    if isinstance(own := told.get("properties"), dict):
        told["properties"] = {k: v for k, v in own.items() if k not in _OF_THE_SERVICE}
    return {**body, "properties": told}


def _recorded(body: Mapping[str, object]) -> dict[str, object]:
    properties = mapping_in(body, "properties")
    kind = str(properties.get("computeType"))
    if kind not in TYPES:
        raise ArmError(
            501, "NotImplemented", f"a compute of type {kind!r} is not served; {TYPES} are"
        )
    if kind in ATTACHED and not properties.get("resourceId"):
        raise ArmError(400, "ValidationError", f"a {kind} compute has no 'resourceId'; it must")
    own = mapping_in(properties, "properties")
    accounts = {
        field: {name: value for name, value in mapping_in(own, field).items() if name in names}
        for field, names in _ACCOUNTS.items()
        if own.get(field)
    }
    kept = {**own, **accounts}
    shared = {key: body[key] for key in ("location", "identity", "tags", "sku") if body.get(key)}
    return {**shared, "properties": {**properties, "properties": kept}}


def _refuse_changes(stored: StoredDocument, content: Mapping[str, object]) -> None:
    before, after = stored.properties, mapping_in(content, "properties")
    were, are = mapping_in(before, "properties"), mapping_in(after, "properties")
    changed = [
        name for name in ("computeType", "resourceId") if before.get(name) != after.get(name)
    ]
    changed += [name for name in _FIXED if _fixed(were, name) != _fixed(are, name)]
    if changed:
        raise ArmError(
            400,
            "UserError",
            f"compute {stored.name!r} is there and cannot change in {changed}; "
            "delete it first, or use another name",
        )


def _fixed(fields: Mapping[str, object], name: str) -> object:
    """Return a field that never changes: an answer has sizes and defaults in its own spelling."""
    value = fields.get(name) or _FIXED[name]
    return value.upper() if isinstance(value, str) else value
