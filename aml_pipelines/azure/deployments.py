"""The YAML of a target's endpoints and deployments, with their names and the model filled in."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from aml_pipelines.azure.client import get_or_none
from aml_pipelines.azure.desired import jobs_identity
from aml_pipelines.azure.render import Document, Rendered, read_job, retarget_environment, to_yaml
from aml_pipelines.errors import CommandFailedError
from aml_pipelines.pipeline.references import AssetName
from aml_pipelines.repository import ENDPOINTS
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Model

    from conf.target import Target

COLORS = ("blue", "green")
CHAMPION = "champion"


def endpoint_document(kind: str, target: Target) -> Rendered:
    """Return the endpoint's YAML, with the target's name for it and the identity of its jobs."""
    # Only the target names it: an endpoint's name is unique in a whole Azure region.
    name = target.endpoints.batch if kind == "batch" else target.endpoints.online
    if not name:
        raise UserError(
            f"target {target.name!r} names no {kind} endpoint; add endpoints: {{{kind}: NAME}}, "
            f"unique in its region, to conf/targets/{target.name}.yml"
        )
    file = ENDPOINTS / kind / "endpoint.yml"
    lent = {} if kind == "batch" else jobs_identity(target)  # batches run with the cluster's
    return Rendered({**read_job(file), "name": name, **lent}, file)


def deployment_documents(kind: str, target: Target, *, model: str, color: str) -> list[Rendered]:
    """Return the YAML of an endpoint's deployments; `model` is azureml:NAME:VERSION."""
    endpoint = endpoint_document(kind, target).document["name"]
    files = sorted((ENDPOINTS / kind).glob("*.yml"))
    documents = []
    for file in files:
        document = read_job(file)
        if "endpoint_name" not in document:
            continue
        document["endpoint_name"] = endpoint
        if "model" in document:
            document["model"] = model
        if kind == "online":
            document["name"] = color
        documents.append(Rendered(retarget_environment(document, target), file))
    return documents


def stated_model(kind: str) -> str:
    """Return the name of the model in the deployments' YAML, without its version."""
    named = (read_job(file).get("model") for file in sorted((ENDPOINTS / kind).glob("*.yml")))
    return next(str(model) for model in named if model).split(":")[1]


def champions_of(client: MLClient, name: str) -> list[Model]:
    """Return the versions of a model that passed its gate, oldest first."""
    versions = get_or_none(lambda: list(client.models.list(name))) or []
    champions = [
        model
        for model in versions
        if str(model.version).isdigit() and (model.tags or {}).get(CHAMPION) == "true"
    ]
    return sorted(champions, key=lambda model: int(str(model.version)))


def champion_of(client: MLClient, name: str) -> AssetName:
    """Return the champion of a model: the newest version that passed its gate.

    Raises CommandFailedError when it has none.
    """
    champions = champions_of(client, name)
    if not champions:
        raise CommandFailedError(
            f"model {name!r} has no champion to deploy; train one: "
            "python -m aml_pipelines submit training, or name a version: --model NAME:VERSION"
        )
    return AssetName(name, str(champions[-1].version))


def load(rendered: Rendered, kind: str) -> Any:  # noqa: ANN401 # the SDK's own classes
    """Load an endpoint or a deployment with the SDK."""
    return _loader(rendered.document, kind)(
        io.StringIO(to_yaml(rendered.document)), relative_origin=str(rendered.origin)
    )


def _loader(document: Document, kind: str) -> Callable[..., Any]:
    from azure.ai import ml  # noqa: PLC0415 # dry runs do without the SDK
    from azure.ai.ml.entities import (  # noqa: PLC0415 # same
        _load_functions,  # the public loader refuses `settings:`
    )

    if "endpoint_name" not in document:
        return ml.load_batch_endpoint if kind == "batch" else ml.load_online_endpoint
    if kind == "online":
        return ml.load_online_deployment
    if document["type"] == "model":
        return _load_functions.load_model_batch_deployment
    return _load_functions.load_pipeline_component_batch_deployment
