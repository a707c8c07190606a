"""Routes of models, which MLflow's registry stores: names and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.pipeline.assets import Container, ModelAsset
from aml_pipelines.pipeline.references import long_uri
from aml_pipelines.workspace.assets.routes import container_properties
from aml_pipelines.workspace.assets.unknown import unknown_is
from aml_pipelines.workspace.http.arm import ArmError, Resource, answer, check_preconditions, page
from aml_pipelines.workspace.http.fields import mapping, text_in, texts_in
from aml_pipelines.workspace.http.filters import PROPERTIES, asked_properties, has_properties
from aml_pipelines.workspace.http.names import asset_name, asset_version, view
from aml_pipelines.workspace.http.request_body import body_properties
from aml_pipelines.workspace.served import here
from aml_pipelines.workspace.store.addresses import folder_of

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.fields import JsonObject

_UNKNOWN, _UNKNOWN_VERSION = "ModelNotFound", "NoSuchModelRegistered"
# The stage of a version that was given none, and of an archived one.
_STAGE, _ARCHIVED = "Development", "Archived"
TYPES = ("custom_model", "mlflow_model", "triton_model")
routes = Blueprint("models", __name__)


@routes.get("/models")
def list_containers() -> Response:
    return page([_container(item) for item in here().models.tables.containers(view())])


@routes.get("/models/<name>")
def get_container(name: str) -> Response:
    with unknown_is(detail=_UNKNOWN):
        return answer(_container(here().models.tables.container(name)))


@routes.put("/models/<name>")
def put_container(name: str) -> Response:
    properties = body_properties("ModelContainer")
    container, is_new = here().models.put_container(_container_of(asset_name(name), properties))
    return answer(_container(container), is_new=is_new)


@routes.get("/models/<name>/versions")
def list_versions(name: str) -> Response:
    stage, asked = request.args.get("stage"), asked_properties()
    with unknown_is(detail=_UNKNOWN):
        models = here().models.tables.models(name, view())
    shown = [
        _version(model)
        for model in models
        if stage in (None, model.stage) and has_properties(model.properties, asked)
    ]
    return page(shown, also=frozenset({PROPERTIES}))


@routes.get("/models/<name>/versions/<version>")
def get_version(name: str, version: str) -> Response:
    with unknown_is(detail=_UNKNOWN_VERSION):
        return answer(_version(here().models.tables.model(name, version)))


@routes.put("/models/<name>/versions/<version>")
def put_version(name: str, version: str) -> Response:
    def refuse(stored: ModelAsset | None) -> None:
        check_preconditions(_version(stored) if stored else None)

    properties = body_properties("ModelVersion", required=("modelUri",))
    model = _model_of(asset_name(name), asset_version(version), properties)
    stored, is_new = here().models.put_model(model, unless=refuse)
    return answer(_version(stored), is_new=is_new)


@routes.delete("/models/<name>")
@routes.delete("/models/<name>/versions/<version>")
def delete(**_: str) -> Response:
    raise ArmError(405, "MethodNotAllowed", f"{request.path}: archive a model, or use MLflow")


def _container_of(name: str, properties: JsonObject) -> Container:
    return Container(
        name=name,
        type="",
        description=text_in(properties, "description"),
        tags=texts_in(properties, "tags"),
        properties=texts_in(properties, "properties"),
        is_archived=bool(properties.get("isArchived")),
        created_at=0.0,
        latest_version=None,
        next_version="1",
    )


def _model_of(name: str, version: str, properties: JsonObject) -> ModelAsset:
    uri = here().job_outputs.resolved(str(properties["modelUri"]))
    model_type = text_in(properties, "modelType") or "custom_model"
    # The API's description says no more than that this is text.
    if model_type not in TYPES:
        raise ArmError(
            400, "ValidationError", f"'modelType' is {model_type!r}; it is one of {list(TYPES)}"
        )
    flavors = mapping(properties.get("flavors")).items()
    return ModelAsset(
        name=name,
        version=version,
        type=model_type,
        path=uri,
        source=str(folder_of(uri, here().folder.root, here().mapped)),
        description=text_in(properties, "description"),
        tags=texts_in(properties, "tags"),
        properties=texts_in(properties, "properties"),
        stage=text_in(properties, "stage"),
        is_anonymous=bool(properties.get("isAnonymous")),
        is_archived=bool(properties.get("isArchived")),
        flavors={flavor: texts_in(mapping(fields), "data") for flavor, fields in flavors},
        job_name=text_in(properties, "jobName"),
    )


def _container(container: Container) -> Resource:
    properties = container_properties(container, "ModelContainer")
    return here().scope.resource(
        f"models/{container.name}", properties, created_at=container.created_at
    )


def _version(model: ModelAsset) -> Resource:
    scope = here().scope
    properties = {
        "description": model.description,
        "tags": dict(model.tags),
        "properties": dict(model.properties),
        "isArchived": model.is_archived,
        "isAnonymous": model.is_anonymous,
        "stage": _ARCHIVED if model.is_archived else model.stage or _STAGE,
        "autoDeleteSetting": None,
        "intellectualProperty": None,
        "modelType": model.type,
        "modelUri": _model_uri(model.path),
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


def _model_uri(path: str) -> str:
    # Of a model alone the service spells the group so; of data it does not.
    return long_uri(path, here().scope.id).replace("/resourcegroups/", "/resourceGroups/", 1)
