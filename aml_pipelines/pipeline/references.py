"""Datastores of the local workspace: which folder an azureml:// URI means, in both its forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aml_pipelines.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

LAKE = "lake"
DEFAULT = "workspaceblobstore"
ARTIFACT_STORE = "workspaceartifactstore"
FOLDERS = {LAKE: ".", DEFAULT: DEFAULT, ARTIFACT_STORE: ARTIFACT_STORE}
_DATASTORE = re.compile(
    r"azureml://(?:subscriptions/[^/]+/resource[gG]roups/[^/]+/"
    r"(?:providers/Microsoft\.MachineLearningServices/)?workspaces/[^/]+/)?"
    r"datastores/(?P<datastore>[^/]+)/paths/(?P<path>.*)"
)


def short_uri(uri: str) -> str:
    """Shorten an azureml:// datastore URI; any other URI stays as it is."""
    match = _DATASTORE.fullmatch(uri)
    return f"azureml://datastores/{match['datastore']}/paths/{match['path']}" if match else uri


def long_uri(uri: str, workspace_id: str) -> str:
    """Lengthen an azureml:// datastore URI by its workspace's ARM id, as Azure answers with it."""
    match = _DATASTORE.fullmatch(uri)
    if not match:
        return uri
    workspace = workspace_id.strip("/").replace("resourceGroups", "resourcegroups")
    workspace = workspace.replace("providers/Microsoft.MachineLearningServices/", "")
    return f"azureml://{workspace}/datastores/{match['datastore']}/paths/{match['path']}"


def path_in_lake(uri: str) -> str:
    """Give the path that a URI of the datastore `lake` names, and nothing for any other URI."""
    match = _DATASTORE.fullmatch(uri)
    return match["path"].strip("/") if match and match["datastore"] == LAKE else ""


def local_folder(uri: str, *, lake: Path) -> Path:
    """Find the folder or file in `lake` that an azureml:// datastore URI means.

    Raises RefusedError when the URI names no datastore here, or leads out of it.
    """
    match = _DATASTORE.fullmatch(uri)
    if not match:
        raise RefusedError(f"{uri!r} is not of the form 'azureml://datastores/NAME/paths/PATH'")
    name = match["datastore"]
    if name not in FOLDERS:
        raise RefusedError(f"datastore {name!r} is unknown; there are {sorted(FOLDERS)}")
    root = (lake / FOLDERS[name]).resolve()
    found = (root / match["path"]).resolve()
    if not found.is_relative_to(root):
        raise RefusedError(f"{uri!r} leads out of datastore {name!r}")
    return found
