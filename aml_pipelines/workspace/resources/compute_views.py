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
# Kept of what a client sent, and never answered.
_UNTOLD = ("userAccountCredentials",)
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
_NODES = ("preparing", "running", "idle", "unusable", "leaving", "preempted")


def compute_resource(compute: StoredDocument) -> Resource:
    """Return a compute that is there: the service says of none who made it."""
    created, changed = _times(compute)
    location = compute.content.get("location", "local")
    own: dict[str, dict[str, object]] = {
        _CLUSTER: {
            "currentNodeCount": 0,
            "targetNodeCount": 0,
            "nodeStateCounts": {f"{state}NodeCount": 0 for state in _NODES},
            "allocationState": "Steady",
            "allocationStateTransitionTime": changed,
            "propertyBag": {},
        },
        _INSTANCE: {"state": compute.content.get("state", "Running"), "applications": []},
    }
    about = {
        "createdOn": created,
        "modifiedOn": changed,
        "computeLocation": location,
        "provisioningState": "Succeeded",
        "provisioningWarnings": {},
    }
    return {"tags": {}, **_resource(compute, about, own)}


def compute_begun(compute: StoredDocument, *, is_new: bool) -> Resource:
    """Return a compute as the answer to its PUT has it."""
    created, changed = _times(compute)
    about = {
        "createdOn": created,
        "modifiedOn": changed,
        "provisioningState": "Creating" if is_new else "Updating",
        "provisioningWarnings": None,
    }
    return {"tags": None, **_resource(compute, about, _NOT_YET)}


def _resource(
    compute: StoredDocument, about: JsonObject, own: Mapping[str, JsonObject]
) -> Resource:
    properties = compute.properties
    kind = str(properties["computeType"])
    given = mapping_in(properties, "properties").items()
    told = {name: value for name, value in given if name not in _UNTOLD}
    if isinstance(told.get("vmSize"), str):
        told["vmSize"] = str(told["vmSize"]).upper()
    resource = here().scope.resource(
        f"computes/{compute.name}",
        {
            **dict.fromkeys(("description", "resourceId", "provisioningErrors")),
            "disableLocalAuth": False,
            **properties,
            **about,
            "isAttachedCompute": kind not in _UNSET,
            "properties": {**_UNSET.get(kind, {}), **told, **own.get(kind, {})},
        },
    )
    del resource["systemData"]
    shared = {
        name: value
        for name, value in compute.content.items()
        if name not in ("properties", "state")
    }
    if "identity" in shared:
        shared["identity"] = assigned(mapping_in(shared, "identity"))
    return {"location": "local", **resource, **shared}


def _times(compute: StoredDocument) -> tuple[object, object]:
    dated = here().scope.resource(
        "computes/one", {}, created_at=compute.created_at, modified_at=compute.modified_at
    )
    told = mapping_in(dated, "systemData")
    return told["createdAt"], told["lastModifiedAt"]
