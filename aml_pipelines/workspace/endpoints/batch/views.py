"""Shapes batch endpoints, their deployments and their jobs as ARM resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.endpoints.envelopes import of_endpoints, shared_fields
from aml_pipelines.workspace.http.addresses import address
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.arm import Resource
    from aml_pipelines.workspace.jobs.store import SubmittedJob
    from aml_pipelines.workspace.store.documents import StoredDocument

BATCH_PREFIX = "/scoring/batch"
_AUTH_MODE = "AADToken"  # the one that there is, whatever the client's spelling


def deployments_of(endpoint: str) -> list[StoredDocument]:
    """List the deployments of an endpoint."""
    deployments = here().batch_deployments.all()
    return [item for item in deployments if item.name.split("/")[0] == endpoint]


def default_deployment(endpoint: StoredDocument) -> str | None:
    """Return the name of the deployment that an invocation without one means."""
    name = mapping_in(endpoint.properties, "defaults").get("deploymentName")
    return str(name) if name else None


def job_resource(job: SubmittedJob) -> Resource:
    """Return a job of an endpoint as its lists have it."""
    properties = {"status": job.state}
    return here().scope.resource(f"jobs/{job.name}", properties, created_at=job.created_at)


def endpoint_resource(endpoint: StoredDocument, state: str = "Succeeded") -> Resource:
    """Return an endpoint, which has its addresses once it is in the state `Succeeded`."""
    path = f"batchEndpoints/{endpoint.name}"
    invoked = f"{address()}{BATCH_PREFIX}/{endpoint.name}"
    has_address = state == "Succeeded"
    more: dict[str, object] = {
        "authMode": _AUTH_MODE,
        "scoringUri": f"{invoked}/jobs" if has_address else None,
        "swaggerUri": f"{invoked}/swagger.json" if has_address and _described(endpoint) else None,
        # An object also where nothing is the default: clients set a field of it.
        "defaults": {"deploymentName": default_deployment(endpoint)},
        "properties": {
            **mapping_in(endpoint.properties, "properties"),
            "BatchEndpointCreationApiVersion": endpoint.content.get("apiVersion", ""),
            "azureml.onlineendpointid": f"{here().scope.id}/{path}",
        },
        "provisioningState": state,
    }
    return _resource(path, endpoint, more)


def _described(endpoint: StoredDocument) -> bool:
    """Return whether there is anything that the endpoint's description could describe."""
    return bool(deployments_of(endpoint.name))


def deployment_resource(deployment: StoredDocument) -> Resource:
    """Return a deployment."""
    endpoint, name = deployment.name.split("/")
    path = f"batchEndpoints/{endpoint}/deployments/{name}"
    return _resource(path, deployment, {"provisioningState": "Succeeded"})


def _resource(path: str, document: StoredDocument, more: Mapping[str, object]) -> Resource:
    properties = {key: value for key, value in document.properties.items() if value is not None}
    resource = here().scope.resource(
        path,
        {**properties, **more},
        created_at=document.created_at,
        modified_at=document.modified_at,
    )
    return {"location": "local", "tags": {}, **of_endpoints(resource), **shared_fields(document)}
