"""Replaces the labels of the assets in a job's body by versions, once, as Azure does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.errors import NotFoundError, RefusedError, UnknownComponentError
from aml_pipelines.pipeline.addresses import REGISTRIES
from aml_pipelines.pipeline.assets import LATEST
from aml_pipelines.pipeline.references import asset_name, with_version
from aml_pipelines.pipeline.spec import MODEL_TYPES
from aml_pipelines.workspace.jobs.vocabulary import is_built_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.assets.components import Components
    from aml_pipelines.workspace.assets.registry import Registry
    from aml_pipelines.workspace.jobs.outputs import JobOutputs


@dataclass(frozen=True)
class Named:
    """What a job's body may name: registered assets, and the outputs of other jobs."""

    registry: Registry
    components: Components
    outputs: JobOutputs


def freeze(properties: Mapping[str, object], named: Named) -> dict[str, object]:
    """Replace the label of every asset by the version that has it now, as Azure does once.

    An output that is named by its job becomes the path where it is. Raises NotFoundError for an
    asset that is not registered.
    """
    frozen: dict[str, object] = _frozen(properties, named)
    return frozen


def _frozen(value: Any, named: Named) -> Any:  # noqa: ANN401 # JSON
    if isinstance(value, list):
        return [_frozen(item, named) for item in value]
    if not isinstance(value, dict):
        return value
    fields = {name: _frozen(item, named) for name, item in value.items()}
    kind = str(fields.get("jobInputType", fields.get("job_input_type", "")))
    if isinstance(fields.get("uri"), str) and kind:
        fields["uri"] = _frozen_asset(named.outputs.resolved(fields["uri"]), kind, named.registry)
    if isinstance(fields.get("componentId"), str) and not is_built_in(fields["componentId"]):
        fields["componentId"] = component_version(fields["componentId"], named.components)
    return fields


def _frozen_asset(uri: str, kind: str, registry: Registry) -> str:
    asset = asset_name(uri)
    if not asset:
        return uri
    # Data and models may share a name: the type of the input says which it is. An asset with a
    # version is looked for too, so that an unknown one is refused now and not when the job runs.
    find = registry.model if kind in MODEL_TYPES else registry.data_asset
    label = None if asset.version else asset.label or LATEST
    asset_version = find(asset.name, asset.version or None, label)
    return uri if asset.version else with_version(uri, asset_version.version)


def component_version(reference: str, components: Components) -> str:
    """Return `reference` with the version that its label has now.

    Raises UnknownComponentError for one that is not registered.
    """
    if reference.startswith(REGISTRIES):
        return reference  # of no workspace: the planner finds it
    asset = asset_name(reference)
    if not asset:
        raise RefusedError(
            f"component {reference!r} is not one of this workspace; write azureml:NAME:VERSION"
        )
    try:
        if asset.version:
            components.version(asset.name, asset.version)
            return reference
        return with_version(reference, components.latest(asset.name))
    except NotFoundError as error:
        raise UnknownComponentError(str(error)) from error
