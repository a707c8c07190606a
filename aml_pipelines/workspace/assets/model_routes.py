"""Routes of models: containers and their immutable versions, as MLflow's registry holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.pipeline.assets import Container, ModelAsset
from aml_pipelines.pipeline.references import local_folder, long_uri
from aml_pipelines.workspace.http.arm import (
    ArmError,
    Resource,
    WorkspaceScope,
    answer,
    check_preconditions,
    page,
)
from aml_pipelines.workspace.http.names import asset_name, asset_version, view
from aml_pipelines.workspace.http.request_body import MODEL_CONTAINER, MODEL_VERSION, Body
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from aml_pipelines.workspace.assets.models import Models

TYPES = ("custom_model", "mlflow_model", "triton_model")


def model_routes(scope: WorkspaceScope, models: Models) -> Blueprint:
    """Serve models out of MLflow's registry."""
    routes = Blueprint("models", __name__)
    tables = models.tables

    @routes.get("/models")
    def list_containers() -> Response:
        return page([_container(scope, item) for item in tables.containers(view())])

    @routes.get("/models/<name>")
    def get_container(name: str) -> Response:
        return answer(_container(scope, tables.container(name)))

    @routes.put("/models/<name>")
    def put_container(name: str) -> Response:
        container, is_new = models.put_container(_asked_container(name))
        return answer(_container(scope, container), is_new=is_new)

    @routes.get("/models/<name>/versions")
    def list_versions(name: str) -> Response:
        stage = request.args.get("stage")
        found = [model for model in tables.models(name, view()) if stage in (None, model.stage)]
        return page([_version(scope, model) for model in found])

    @routes.get("/models/<name>/versions/<version>")
    def get_version(name: str, version: str) -> Response:
        return answer(_version(scope, tables.model(name, version)))

    @routes.put("/models/<name>/versions/<version>")
    def put_version(name: str, version: str) -> Response:
        def refuse(stored: ModelAsset | None) -> None:
            check_preconditions(_version(scope, stored) if stored else None)

        model, is_new = models.put_model(_asked(name, version), unless=refuse)
        return answer(_version(scope, model), is_new=is_new)

    @routes.delete("/models/<name>")
    @routes.delete("/models/<name>/versions/<version>")
    def delete(**_: str) -> Response:
        raise ArmError(405, "MethodNotAllowed", f"{request.path}: archive a model, or use MLflow")

    return routes


def _asked_container(name: str) -> Container:
    body = Body(MODEL_CONTAINER)
    return Container(
        name=asset_name(name),
        type="",
        description=body.text("description"),
        tags=body.mapping("tags"),
        properties=body.mapping("properties"),
        is_archived=body.flag("isArchived"),
        created_at=0.0,
        latest_version=None,
        next_version="1",
    )


def _asked(name: str, version: str) -> ModelAsset:
    body = Body(MODEL_VERSION, required=("modelUri",))
    uri, model_type = body.text("modelUri") or "", body.text("modelType") or "custom_model"
    if model_type not in TYPES:
        raise ArmError(
            400, "ValidationError", f"'modelType' is {model_type!r}; it is one of {list(TYPES)}"
        )
    return ModelAsset(
        name=asset_name(name),
        version=asset_version(version),
        type=model_type,
        path=uri,
        source=str(local_folder(uri, lake=here().folder.root)),
        description=body.text("description"),
        tags=body.mapping("tags"),
        properties=body.mapping("properties"),
        stage=body.text("stage"),
        is_anonymous=body.flag("isAnonymous"),
        is_archived=body.flag("isArchived"),
        flavors=body.flavors(),
        job_name=body.text("jobName"),
    )


def _container(scope: WorkspaceScope, container: Container) -> Resource:
    properties = {
        "description": container.description,
        "tags": dict(container.tags),
        "properties": dict(container.properties),
        "isArchived": container.is_archived,
        "latestVersion": container.latest_version,
        "nextVersion": container.next_version,
        "provisioningState": "Succeeded",
    }
    return scope.resource(f"models/{container.name}", properties, created_at=container.created_at)


def _version(scope: WorkspaceScope, model: ModelAsset) -> Resource:
    properties = {
        "description": model.description,
        "tags": dict(model.tags),
        "properties": dict(model.properties),
        "isArchived": model.is_archived,
        "isAnonymous": model.is_anonymous,
        "stage": model.stage,
        "modelType": model.type,
        "modelUri": long_uri(model.path, scope.id),
        "flavors": {name: {"data": dict(data)} for name, data in model.flavors.items()},
        "jobName": model.job_name,
        "provisioningState": "Succeeded",
    }
    return scope.resource(
        f"models/{model.name}/versions/{model.version}",
        properties,
        created_at=model.created_at,
        modified_at=model.modified_at,
    )
