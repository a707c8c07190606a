"""Finds registered components, and the folders of code that was uploaded for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.references import DatastorePath, asset_name, parse
from aml_pipelines.workspace.http.addresses import PREFIX, STORAGE_PREFIX
from aml_pipelines.workspace.http.fields import JsonObject, mapping
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aml_pipelines.workspace.assets.components import Components
    from aml_pipelines.workspace.store.versions import Versions

_STORED = re.compile(rf"(?:{PREFIX})?{STORAGE_PREFIX}/[^/]+/(?P<place>.+)")


# Functions, so that translating a job needs no registry in its tests.
class Sources:
    """The components and the code that jobs name: functions of their ids."""

    def __init__(self, component: Callable[[str], JsonObject], code: Callable[[str], str]) -> None:
        self.component = component
        self.code = code


def sources_in(state: Path, components: Components, codes: Versions) -> Sources:
    """Find components and code in the workspace with the folder `state`."""

    def component(reference: str) -> JsonObject:
        return mapping(_properties(components, reference).get("componentSpec"))

    def code(reference: str) -> str:
        return str(_code_folder(state, str(_properties(codes, reference).get("codeUri"))))

    return Sources(component, code)


def _properties(resources: Components | Versions, reference: str) -> JsonObject:
    asset = asset_name(reference)
    if not asset or not asset.version:
        raise RefusedError(f"{reference!r} names no version that is registered in this workspace")
    return resources.version(asset.name, asset.version).properties


def _code_folder(state: Path, uri: str) -> Path:
    path = parse(uri)
    if isinstance(path, DatastorePath):
        return path.folder(state)
    # …/storage/<account>/<container>/<path>: a container is a folder of its own, and its address
    # is that of whichever server took the upload.
    stored = _STORED.fullmatch(unquote(urlsplit(uri).path))
    container = stored["place"] if stored else ""
    root = StateFolder(state).uploads.resolve()
    folder = (root / container).resolve()
    if not folder.is_relative_to(root) or folder == root:
        raise RefusedError(f"code {uri!r} was not uploaded to this workspace")
    return folder
