"""Shapes computes as the service answers them in recorded sessions, new ones and settled ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.identity import assigned
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.arm import Resource
    from aml_pipelines.workspace.http.fields import JsonObject
    from aml_pipelines.workspace.store.documents import StoredDocument

_CLUSTER, _INSTANCE = "AmlCompute", "ComputeInstance"
# Fields of the content that are told elsewhere in the answer.
_APART = ("properties", "state", "lastOperation")
_ACCOUNT = "userAccountCredentials"
_CREATED_BY = {"userOrgId": "00000000-0000-0000-0000-000000000000", "userId": "local"}
# Fields that were never given, of each type.
_UNSET: Mapping[str, Mapping[str, object]] = {
    _CLUSTER: {
        **dict.fromkeys(("subnet", "errors", "virtualMachineImage")),
        "vmPriority": "Dedicated",
        "osType": "Linux",
        "remoteLoginPortPublicAccess": "NotSpecified",
        "isolatedNetwork": False,
        "enableBatchPrivateLink": False,
    },
    _INSTANCE: {
        **dict.fromkeys(("imageVersion", "imageSku", "subnet", "sshSettings", "errors")),
        **dict.fromkeys(("autologgerSettings", "connectivityEndpoints", "lastOperation")),
        **dict.fromkeys(("applicationSharingPolicy", "personalComputeInstanceSettings")),
        **dict.fromkeys(("setupScripts", "dataMounts", "dataDisks", "containers")),
        **dict.fromkeys(("updateStatus", "versions", "customServices", "osImageMetadata")),
        "enableBatchPrivateLink": False,
        "createdBy": _CREATED_BY,
    },
}
# What a compute says of itself while it is made.
_NOT_YET: Mapping[str, Mapping[str, object]] = {
    _CLUSTER: dict.fromkeys(
        ("currentNodeCount", "targetNodeCount", "nodeStateCounts", "allocationState")
    ),
    _INSTANCE: dict.fromkeys(("state", "applications", "sshSettings", "applicationSharingPolicy")),
}
# Of accounts that a client gave: the password is never kept.
_NO_ACCOUNT = {"adminUserPassword": None, "adminUserSshPublicKey": None}
_SSH = {"adminUserName": "azureuser", "sshPort": 50000}
_NODES = ("preparing", "running", "idle", "unusable", "leaving", "preempted")


def compute_resource(compute: StoredDocument) -> Resource:
    """Return a compute that is there: the service says of none who made it."""
    created, changed = _times(compute)
    location = compute.content.get("location", "local")
    own = {
        _CLUSTER: {
            "currentNodeCount": 0,
            "targetNodeCount": 0,
            "nodeStateCounts": {f"{state}NodeCount": 0 for state in _NODES},
            "allocationState": "Steady",
            "allocationStateTransitionTime": changed,
            "propertyBag": {},
            **_with(compute, _ACCOUNT, _NO_ACCOUNT),
        },
        _INSTANCE: {
            **_instance(compute, changed),
            **_with(compute, "sshSettings", _SSH),
        },
    }
    about = {
        "createdOn": created,
        "modifiedOn": changed,
        "computeLocation": location,
        "provisioningState": "Succeeded",
        "provisioningWarnings": {},
    }
    return {"tags": {}, **_resource(compute, about, own)}


def _instance(compute: StoredDocument, changed: object) -> dict[str, object]:
    given = mapping_in(compute.properties, "properties")
    return {
        "state": compute.content.get("state", "Running"),
        "applications": [],
        "errors": [],
        "lastOperation": {
            "operationName": compute.content.get("lastOperation", "Create"),
            "operationTime": changed,
            "operationStatus": "Succeeded",
            "operationTrigger": "User",
        },
        "schedules": given.get("schedules") or {"computeStartStop": []},
        "customServices": given.get("customServices") or [],
    }


def _with(compute: StoredDocument, name: str, unset: JsonObject) -> dict[str, object]:
    """Return the field `name` with what the service adds to it, where a client gave one."""
    given = mapping_in(mapping_in(compute.properties, "properties"), name)
    return {name: {**unset, **given}} if given else {}


def compute_begun(compute: StoredDocument, *, is_new: bool) -> Resource:
    """Return a compute as the answer to its PUT has it."""
    created, changed = _times(compute)
    about = {
        "createdOn": created,
        "modifiedOn": changed,
        "provisioningState": "Creating" if is_new else "Updating",
        "provisioningWarnings": None,
    }
    begun = _resource(compute, about, _NOT_YET)
    properties = mapping_in(begun, "properties")
    own = {**mapping_in(properties, "properties")}
    own.pop(_ACCOUNT, None)
    # Until it is there, the service spells its size in capitals.
    if isinstance(own.get("vmSize"), str):
        own["vmSize"] = str(own["vmSize"]).upper()
    return {"tags": None, **begun, "properties": {**properties, "properties": own}}


def _resource(
    compute: StoredDocument, about: JsonObject, own: Mapping[str, JsonObject]
) -> Resource:
    properties = compute.properties
    kind = str(properties["computeType"])
    given = mapping_in(properties, "properties")
    resource = here().scope.resource(
        f"computes/{compute.name}",
        {
            **dict.fromkeys(("description", "resourceId", "provisioningErrors")),
            "disableLocalAuth": False,
            **properties,
            **about,
            "isAttachedCompute": kind not in _UNSET,
            "properties": {**_UNSET.get(kind, {}), **given, **own.get(kind, {})},
        },
    )
    del resource["systemData"]
    shared = {name: value for name, value in compute.content.items() if name not in _APART}
    if "identity" in shared:
        shared["identity"] = assigned(mapping_in(shared, "identity"))
    return {"location": "local", **resource, **shared}


def _times(compute: StoredDocument) -> tuple[object, object]:
    dated = here().scope.resource(
        "computes/one", {}, created_at=compute.created_at, modified_at=compute.modified_at
    )
    told = mapping_in(dated, "systemData")
    return told["createdAt"], told["lastModifiedAt"]
