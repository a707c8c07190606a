"""Replaces the labels of the assets in a job's body by versions, once, as Azure does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.assets import LATEST
from aml_pipelines.pipeline.locations import MODELS
from aml_pipelines.pipeline.references import asset_name, with_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.assets.components import Components
    from aml_pipelines.workspace.assets.registry import Registry


def freeze(
    properties: Mapping[str, object], registry: Registry, components: Components
) -> dict[str, object]:
    """Replace the label of every asset by the version that has it now, as Azure does once.

    Raises NotFoundError for an asset that is not registered.
    """
    frozen: dict[str, object] = _frozen(properties, registry, components)
    return frozen


def _frozen(value: Any, registry: Registry, components: Components) -> Any:  # noqa: ANN401 # JSON
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
    asset = asset_name(uri)
    if not asset or not kind:
        return uri
    # Data and models may share a name: the type of the input says which it is. An asset with a
    # version is looked for too, so that an unknown one is refused now and not when the job runs.
    find = registry.model if kind in MODELS else registry.data_asset
    label = None if asset.version else asset.label or LATEST
    asset_version = find(asset.name, asset.version or None, label)
    return uri if asset.version else with_version(uri, asset_version.version)


def _frozen_component(reference: str, components: Components) -> str:
    asset = asset_name(reference)
    if not asset:
        raise RefusedError(
            f"component {reference!r} is not one of this workspace; write azureml:NAME:VERSION"
        )
    if asset.version:
        components.version(asset.name, asset.version)
        return reference
    return with_version(reference, components.latest(asset.name))
