"""What a job's body refers to, as this workspace has it: assets by version, components, code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.pipeline.references import local_folder
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.jobs.translate import Sources
from aml_pipelines.workspace.jobs.vocabulary import Fields, asset_of, mapping
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.versions import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MODELS = ("mlflow_model", "custom_model", "triton_model")


def sources_in(state: Path) -> Sources:
    """Find components and code in the workspace with the folder `state`."""
    components, codes = Resources(state, "component"), Resources(state, "code")

    def component(reference: str) -> Fields:
        return mapping(_version(components, reference).get("componentSpec"))

    def code(reference: str) -> str:
        return str(_code_folder(state, str(_version(codes, reference).get("codeUri"))))

    return Sources(component, code)


def freeze(properties: Mapping[str, object], state: Path) -> dict[str, object]:
    """Replace the label of every asset by the version that has it now, as Azure does once.

    Raises NotFoundError for an asset that is not registered.
    """
    frozen: dict[str, object] = _frozen(properties, Registry(state), Resources(state, "component"))
    return frozen


def _frozen(value: Any, registry: Registry, components: Resources) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(value, list):
        return [_frozen(item, registry, components) for item in value]
    if not isinstance(value, dict):
        return value
    fields = {name: _frozen(item, registry, components) for name, item in value.items()}
    if isinstance(fields.get("uri"), str):
        kind = str(fields.get("jobInputType", fields.get("job_input_type", "")))
        fields["uri"] = _frozen_asset(fields["uri"], kind, registry)
    if isinstance(fields.get("componentId"), str):
        fields["componentId"] = _frozen_component(fields["componentId"], components)
    return fields


def _frozen_asset(uri: str, kind: str, registry: Registry) -> str:
    asset = asset_of(uri)
    if not asset or not kind:
        return uri
    name, version, label = asset
    find = registry.model if kind in _MODELS else registry.data_asset
    found = find(name, version or None, None if version else label or "latest")
    return uri if version else _with_version(uri, name, found.version)


def _frozen_component(reference: str, components: Resources) -> str:
    asset = asset_of(reference)
    if not asset:
        raise RefusedError(
            f"component {reference!r} is not one of this workspace; write azureml:NAME:VERSION"
        )
    name, version, _ = asset
    if version:
        components.version(name, version)
        return reference
    latest = components.container(name).latest_version
    if latest is None:
        raise NotFoundError(f"component {name!r} has no version that is not archived")
    return _with_version(reference, name, latest)


def _with_version(reference: str, name: str, version: str) -> str:
    if "/labels/" in reference:
        return f"{reference.partition('/labels/')[0]}/versions/{version}"
    return f"azureml:{name}:{version}"


def _version(resources: Resources, reference: str) -> Mapping[str, object]:
    asset = asset_of(reference)
    if not asset or not asset[1]:
        raise RefusedError(f"{reference!r} names no version that is registered in this workspace")
    return resources.version(asset[0], asset[1]).properties


def _code_folder(state: Path, uri: str) -> Path:
    if uri.startswith("azureml:"):
        return local_folder(uri, lake=state)
    # …/storage/<account>/<container>/<path>: a container is a folder of its own, and its address
    # is that of whichever server took the upload.
    container = unquote(urlsplit(uri).path).split("/", 3)[-1]
    root = StateFolder(state).uploads.resolve()
    found = (root / container).resolve()
    if not found.is_relative_to(root) or found == root:
        raise RefusedError(f"code {uri!r} was not uploaded to this workspace")
    return found
