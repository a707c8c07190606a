"""Components: anonymous ones by content, labels, and words that may change of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError
from aml_pipelines.workspace.assets.component_spec import (
    answered_spec,
    content_id,
    is_same_content,
    with_words,
)
from aml_pipelines.workspace.assets.kinds import COMPONENTS
from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.store.documents import Documents
from aml_pipelines.workspace.store.version_rules import refuse_changes
from aml_pipelines.workspace.store.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aml_pipelines.workspace.store.version_rules import AssetVersion

# The names that the client gives to all anonymous components, and to a name's default version.
ANONYMOUS, DEFAULT_VERSION = "azureml_anonymous", "azureml_default"
_HASH = "client_component_hash"


class Components:
    """The components in `versions`; `requested` has the ids that clients asked for."""

    def __init__(self, versions: Versions, requested: Documents) -> None:
        self.versions = versions
        self._requested = requested

    def version(self, name: str, version: str) -> AssetVersion:
        """Find a version, also by the id that a client asked for, or by the default's name.

        Raises NotFoundError naming the names or versions that exist.
        """
        if version == DEFAULT_VERSION:
            version = self.latest(name)
        elif name == ANONYMOUS and (given := self._requested.find(version)):
            version = str(given.content["version"])
        return self.versions.version(name, version)

    def latest(self, name: str) -> str:
        """Return the version of `name` that `latest` and `default` mean; raises NotFoundError."""
        latest = self.versions.container(name).latest_version
        if latest is None:
            raise NotFoundError(f"component {name!r} has no version that is not archived")
        return latest

    def put(
        self,
        name: str,
        version: str,
        properties: Mapping[str, object],
        *,
        unless: Callable[[AssetVersion | None], None],
    ) -> tuple[AssetVersion, bool]:
        """Register a version, or change its words; returns (stored, is_new).

        An anonymous component gets an id of its own, the same for the same content, whatever
        `version` asks for. Raises ConflictError when the version has other content.
        """
        if name == ANONYMOUS:
            given = content_id(mapping_in(properties, "componentSpec"))
            self._requested.put(version, {"version": given})
            version = given
        return self.versions.put_version(
            name, version, properties, unless=unless, settle=self._settled
        )

    def _settled(self, stored: AssetVersion, properties: Mapping[str, object]) -> dict[str, object]:
        before, after = _spec(stored.properties), _spec(properties)
        own = {**mapping_in(properties, "properties")}
        unhashed = {**own, **_hash_of(stored.properties)}
        spec = before if is_same_content(before, after) else after
        content = {**properties, "componentSpec": spec, "properties": unhashed}
        refuse_changes(self.versions.kind, stored, content)
        return {**content, "componentSpec": with_words(before, after), "properties": own}


def components_in(state: Path) -> Components:
    """Open the components of the workspace with the folder `state`."""
    return Components(Versions(state, COMPONENTS), Documents(state, "anonymous component"))


def answered_properties(item: AssetVersion) -> dict[str, object]:
    """Return the properties of a component's version as Azure answers them."""
    spec, is_anonymous = _spec(item.properties), bool(item.properties.get("isAnonymous"))
    version = "" if item.name == ANONYMOUS else item.version
    return {
        "tags": {},
        "properties": {},
        "isArchived": False,
        "isAnonymous": is_anonymous,
        **item.properties,
        "description": None,  # it is in the specification
        "autoDeleteSetting": None,
        "componentSpec": answered_spec(spec, version),
        "stage": _stage(item, spec),
    }


def _stage(item: AssetVersion, spec: Mapping[str, object]) -> str:
    if item.is_archived:
        return "Archived"
    return "Logged" if spec.get("name") == ANONYMOUS else "Development"


def _spec(properties: Mapping[str, object]) -> Mapping[str, object]:
    return mapping(properties.get("componentSpec"))


def _hash_of(properties: Mapping[str, object]) -> dict[str, object]:
    # The client's hash is of the words too.
    stored = mapping(properties.get("properties"))
    return {_HASH: stored[_HASH]} if _HASH in stored else {}
