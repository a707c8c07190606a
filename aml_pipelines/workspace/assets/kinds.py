"""The kinds of versioned assets: one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.store.asset_kind import NOT_FOUND, AssetKind

if TYPE_CHECKING:
    from collections.abc import Mapping

# Azure answers with every field of a version, also with those that were never given.
_UNSET: Mapping[str, object] = {
    "description": None,
    "tags": {},
    "properties": {},
    "isArchived": False,
    "isAnonymous": False,
}
_UNSET_OWNED: Mapping[str, object] = {
    **_UNSET,
    "autoDeleteSetting": None,
    "intellectualProperty": None,
}
DATA = AssetKind(
    plural="data",
    singular="data",
    noun="data asset",
    container="DataContainer",
    version="DataVersionBase",
    required=("dataUri",),
    uri="dataUri",
    type="dataType",
    folders=("uri_folder", "mltable"),
    unset={**_UNSET_OWNED, "stage": None},
    unset_of_names={"description": None, "tags": None, "properties": None},
    unknown=("NotFoundError",),
)
ENVIRONMENTS = AssetKind(
    plural="environments",
    singular="environment",
    noun="environment",
    container="EnvironmentContainer",
    version="EnvironmentVersion",
    unset={
        **_UNSET_OWNED,
        "stage": "Development",
        "environmentType": "UserCreated",
        "osType": "Linux",
        "autoRebuild": "Disabled",
        "condaFile": "",
    },
    unset_of_names={"description": "", "tags": {}, "properties": {}},
    document="condaFile",
    label="azureml.labels",
    is_always_new=True,
)
COMPONENTS = AssetKind(
    plural="components",
    singular="component",
    noun="component",
    container="ComponentContainer",
    version="ComponentVersion",
    required=("componentSpec",),
    unset_of_names={"description": "", "tags": {}, "properties": {}},
    unknown=(NOT_FOUND, "ComponentNotFound"),
    is_counted=False,
)
CODES = AssetKind(
    plural="codes",
    singular="code",
    noun="code",
    container="CodeContainer",
    version="CodeVersion",
    required=("codeUri",),
    unset=_UNSET,
)
KINDS = (DATA, ENVIRONMENTS, COMPONENTS, CODES)
