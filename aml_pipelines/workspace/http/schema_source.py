"""The fields, types, enums and subtypes of Azure's API, as its published models describe them.

The description is independent of the client: PyPI's azure-mgmt-machinelearningservices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aml_pipelines.workspace.http import schema_additions

if TYPE_CHECKING:
    from collections.abc import Mapping

ANYTHING_ELSE = ""
_MODELS = "azure.mgmt.machinelearningservices.models"
_FIELD = re.compile(r":vartype (\w+):(.*?)(?=\n\s*:|\Z)", re.DOTALL)
_ENUM = re.compile(r"str or\s+~azure\.mgmt\.machinelearningservices\.models\.(\w+)")


@dataclass(frozen=True)
class ApiModel:
    """A model of the API: `fields` are types by the names on the wire.

    A type is `str`, `int` and so on, the name of an enum or a model, `[type]` or `{type}`.
    `discriminator` is the field whose value chooses among `subtypes`, where there are any.
    Only the service writes the fields `read_only`.
    """

    fields: Mapping[str, str]
    discriminator: str | None
    subtypes: Mapping[str, str]
    read_only: frozenset[str] = frozenset()


@cache
def described_model(name: str) -> ApiModel | None:
    """Find a model by its name; None when there is none of that name."""
    found = getattr(import_module(_MODELS), name, None)
    fields = _fields(found) if hasattr(found, "_attribute_map") else {}
    parent = schema_additions.EXTENDS.get(name)
    if parent:
        inherited = described_model(parent)
        fields.update(inherited.fields if inherited else {})
    fields.update(schema_additions.MODELS.get(name, {}))
    if not fields and name not in schema_additions.MODELS and not hasattr(found, "_attribute_map"):
        return None
    discriminator, subtypes = _subtypes(name, found)
    return ApiModel(fields, discriminator, subtypes, _read_only(found))


@cache
def described_enum(name: str) -> tuple[str, ...]:
    """Give the values of an enum; none when there is no enum of that name."""
    found = getattr(import_module(_MODELS), name, None)
    known = tuple(item.value for item in getattr(found, "__members__", {}).values())
    return (*known, *schema_additions.ENUMS.get(name, ()))


def _fields(found: Any) -> dict[str, str]:  # noqa: ANN401  (a generated class, without a protocol)
    enums: dict[str, str] = {}
    for model in reversed(found.__mro__):
        for field, text in _FIELD.findall(model.__doc__ or ""):
            enum = _ENUM.search(text)
            if enum:
                enums[field] = enum[1]
    fields: dict[str, str] = {}
    for field, described in found._attribute_map.items():  # noqa: SLF001  (generated)
        name, kind = described["key"], described["type"]
        _put(fields, name, kind.replace("str", enums[field]) if field in enums else kind)
    for model in reversed(found.__mro__):
        fields.update(schema_additions.FIELDS.get(model.__name__, {}))
    return fields


def _read_only(found: Any) -> frozenset[str]:  # noqa: ANN401  (same)
    rules = getattr(found, "_validation", {})
    return frozenset(
        found._attribute_map[field]["key"]  # noqa: SLF001  (same)
        for field, rule in rules.items()
        if rule.get("readonly")
    )


def _put(fields: dict[str, str], name: str, kind: str) -> None:
    # "properties.x" is a field of an object that has no model of its own.
    outer, _, inner = name.replace("\\.", "\0").partition(".")
    fields[outer.replace("\0", ".")] = "object" if inner else kind


def _subtypes(name: str, found: Any) -> tuple[str | None, dict[str, str]]:  # noqa: ANN401  (same)
    discriminator: str | None = None
    subtypes: dict[str, str] = {}
    for field, known in vars(found).get("_subtype_map", {}).items() if found else ():
        discriminator = found._attribute_map[field]["key"]  # noqa: SLF001  (same)
        subtypes.update(known)
    if name in schema_additions.SUBTYPES:
        discriminator, more = schema_additions.SUBTYPES[name]
        subtypes.update(more)
    return discriminator, subtypes
