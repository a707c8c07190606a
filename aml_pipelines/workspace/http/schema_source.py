"""Reads the fields, types, enums and subtypes of Azure's API, of version 2025-12-01.

`api.json` is written from the client's own models by tests/contract/api_description.py, and a
contract test holds it to them. Reading it takes 2 ms; importing the client's models takes a second.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.workspace.http import schema_additions

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).with_name("api.json")


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
    described = _description()["models"].get(name)
    added = schema_additions.MODELS.get(name)
    if described is None and added is None:
        return None
    described = described or {}
    fields = {**described.get("fields", {}), **(added or {})}
    return ApiModel(
        {**fields, **schema_additions.FIELDS.get(name, {})},
        described.get("discriminator"),
        {**described.get("subtypes", {}), **schema_additions.SUBTYPES.get(name, {})},
        frozenset(described.get("read_only", ())),
    )


@cache
def described_enum(name: str) -> tuple[str, ...]:
    """Return the values of the enum `name`; none if the API has no such enum."""
    values = _description()["enums"].get(name, ())
    return (*values, *schema_additions.ENUMS.get(name, ()))


@cache
def _description() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content
