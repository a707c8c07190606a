"""Reads the fields, types, enums and subtypes of Azure's API from its published models.

The models are those of PyPI's azure-mgmt-machinelearningservices, which the client does not use:
the client cannot be wrong in the same way.
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
# The models name the enum of a field in their docstrings only: for their code it is a str.
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
    """Return the model `name`; None if the API has none of that name."""
    api_class = getattr(import_module(_MODELS), name, None)
    fields = _fields(api_class) if hasattr(api_class, "_attribute_map") else {}
    parent = schema_additions.EXTENDS.get(name)
    if parent:
        inherited = described_model(parent)
        fields.update(inherited.fields if inherited else {})
    fields.update(schema_additions.MODELS.get(name, {}))
    if (
        not fields
        and name not in schema_additions.MODELS
        and not hasattr(api_class, "_attribute_map")
    ):
        return None
    discriminator, subtypes = _subtypes(name, api_class)
    return ApiModel(fields, discriminator, subtypes, _read_only(api_class))


@cache
def described_enum(name: str) -> tuple[str, ...]:
    """Return the values of the enum `name`; none if the API has no such enum."""
    enum = getattr(import_module(_MODELS), name, None)
    values = tuple(item.value for item in getattr(enum, "__members__", {}).values())
    return (*values, *schema_additions.ENUMS.get(name, ()))


def _fields(api_class: Any) -> dict[str, str]:  # noqa: ANN401 # a generated class, without a protocol
    enums: dict[str, str] = {}
    for model in reversed(api_class.__mro__):
        for field, text in _FIELD.findall(model.__doc__ or ""):
            enum = _ENUM.search(text)
            if enum:
                enums[field] = enum[1]
    fields: dict[str, str] = {}
    for field, described in api_class._attribute_map.items():  # noqa: SLF001 # generated
        name, kind = described["key"], described["type"]
        _put(fields, name, kind.replace("str", enums[field]) if field in enums else kind)
    for model in reversed(api_class.__mro__):
        fields.update(schema_additions.FIELDS.get(model.__name__, {}))
    return fields


def _read_only(api_class: Any) -> frozenset[str]:  # noqa: ANN401 # same
    rules = getattr(api_class, "_validation", {})
    return frozenset(
        api_class._attribute_map[field]["key"]  # noqa: SLF001 # same
        for field, rule in rules.items()
        if rule.get("readonly")
    )


def _put(fields: dict[str, str], name: str, kind: str) -> None:
    # "properties.x" is a field of an object that has no model of its own.
    outer, _, inner = name.replace("\\.", "\0").partition(".")
    fields[outer.replace("\0", ".")] = "object" if inner else kind


def _subtypes(name: str, api_class: Any) -> tuple[str | None, dict[str, str]]:  # noqa: ANN401 # same
    discriminator: str | None = None
    subtypes: dict[str, str] = {}
    for field, names in vars(api_class).get("_subtype_map", {}).items() if api_class else ():
        discriminator = api_class._attribute_map[field]["key"]  # noqa: SLF001 # same
        subtypes.update(names)
    if name in schema_additions.SUBTYPES:
        discriminator, more = schema_additions.SUBTYPES[name]
        subtypes.update(more)
    return discriminator, subtypes
