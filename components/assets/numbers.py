"""The version numbers of a data asset or a model, which no service reserves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceNotFoundError

if TYPE_CHECKING:
    from azure.ai.ml.constants import ListViewType
    from azure.ai.ml.operations import DataOperations, ModelOperations


def numbers_of(
    assets: DataOperations | ModelOperations, name: str, view: ListViewType
) -> list[int]:
    """List the version numbers of an asset; an archived version keeps its number."""
    listed = versions_of(assets, name, view)
    return [int(asset.version) for asset in listed if str(asset.version).isdigit()]


def versions_of(
    assets: DataOperations | ModelOperations, name: str, view: ListViewType
) -> list[Any]:
    """List the versions of an asset; of one that nobody has registered there is none."""
    try:
        return list(assets.list(name, list_view_type=view))
    except ResourceNotFoundError:
        return []
