"""What answers about endpoints and deployments have in common, as recorded sessions have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.arm import ArmError, without_system_data
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.identity import assigned

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.arm import Resource
    from aml_pipelines.workspace.store.documents import StoredDocument

# The fields of endpoints and deployments beside their properties.
SHARED = ("location", "tags", "identity", "kind", "sku")


def shared_fields(document: StoredDocument) -> dict[str, object]:
    """Return the fields beside the properties of an endpoint or deployment that were given."""
    shared = {key: value for key, value in document.content.items() if key in SHARED}
    if "identity" in shared:
        shared["identity"] = assigned(mapping_in(shared, "identity"))
    return shared


def of_endpoints(resource: Resource) -> Resource:
    """Return `resource` with what the service tells of the authors of endpoints: little."""
    untold = ("createdByType", "lastModifiedBy", "lastModifiedByType")
    return without_system_data(resource, *untold)


def no_such_endpoint(noun: str, name: str) -> ArmError:
    """Return the refusal (404) of an endpoint that is not there."""
    message = f"{noun} {name!r} does not exist in this workspace"
    return ArmError(404, "NotFound", message, "EndpointNotFound")
