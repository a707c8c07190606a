"""The rules of versions: what may change of one, and what all versions of a name have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.assets import Container
    from aml_pipelines.workspace.store.asset_kind import AssetKind

MAY_CHANGE = ("description", "tags", "isArchived", "stage")
# What an MLTable refers to follows from its path, which may not change.
_MAY_DIFFER = (*MAY_CHANGE, "referencedUris")


@dataclass(frozen=True)
class AssetVersion:
    """One version of an asset; `properties` are its body's, as the API names them."""

    name: str
    version: str
    properties: Mapping[str, object]
    created_at: float
    modified_at: float

    @property
    def is_archived(self) -> bool:
        return bool(self.properties.get("isArchived", False))


def refuse_changes(kind: AssetKind, stored: AssetVersion, properties: Mapping[str, object]) -> None:
    """Raise ConflictError if `properties` differ from what is stored in a field that is fixed."""
    # An earlier version stored another form; clients send back what was never given.
    before = {**kind.unset, **kind.stored_form(stored.properties)}
    after = {**kind.unset, **properties}
    fields = sorted({*before, *after} - {*_MAY_DIFFER})
    changed = [name for name in fields if _is_changed(before, after, name)]
    if changed:
        article = "An" if kind.singular[0] in "aeiou" else "A"
        raise ConflictError(
            f"{article} {kind.singular} version with this name and version already exists: "
            f"{kind.noun} {stored.name!r} version {stored.version!r} is already registered and "
            f"cannot be changed: its {changed} differ; only {', '.join(MAY_CHANGE)} may, so use "
            "another version"
        )


def _is_changed(before: Mapping[str, object], after: Mapping[str, object], name: str) -> bool:
    # A field that is not given is null, false or empty.
    return (before.get(name) or None) != (after.get(name) or None)


def refuse_another_type(
    kind: AssetKind, container: Container, version: str, properties: Mapping[str, object]
) -> None:
    """Raise ConflictError if a new version is not of the type that its name has."""
    new_type = kind.type_of(properties)
    if container.type != new_type:
        raise ConflictError(
            f"{kind.noun} {container.name!r} is of type {container.type!r}; "
            f"version {version!r} cannot be {new_type!r}, so use another name"
        )


def refuse_to_become(
    kind: AssetKind, container: Container, properties: Mapping[str, object]
) -> None:
    """Raise ConflictError if a name would get another type."""
    new_type = kind.type_of(properties)
    if container.type != new_type:
        raise ConflictError(
            f"{kind.noun} {container.name!r} is of type {container.type!r} "
            f"and cannot become {new_type!r}"
        )
