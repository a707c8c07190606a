"""Checks request bodies against the published description of Azure's API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.schema_source import ApiModel, described_enum, described_model

if TYPE_CHECKING:
    from collections.abc import Mapping

# Values of such fields are never shown in an error, which ends in logs.
_SECRET = re.compile(r"secret|password|token|credentials\.(?!credentialsType)", re.IGNORECASE)
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
}


def check_body(model_name: str, body: Mapping[str, object]) -> None:
    """Refuse (400) a field, type, enum value or subtype in `body` that `model_name` does not have.

    A null is a missing field. Clients may send back fields that only the service writes.
    """
    _check(body, model_name, "the body")


def read_only_fields(model_name: str) -> frozenset[str]:
    """Return the fields that only the service writes, of the properties of `model_name`."""
    model = _properties_model(model_name)
    return model.read_only if model else frozenset()


def has_field(model_name: str, field: str) -> bool:
    """Return whether the properties of `model_name` have `field`."""
    model = _properties_model(model_name)
    return model is not None and field in model.fields


def _properties_model(model_name: str) -> ApiModel | None:
    model = described_model(model_name)
    return described_model(model.fields["properties"]) if model else None


def _check(value: object, kind: str, where: str) -> None:
    if value is None or kind == "object":
        return
    if kind.startswith("["):
        for index, item in enumerate(_list(value, where)):
            _check(item, kind[1:-1], f"{where}[{index}]")
    elif kind.startswith("{"):
        for name, item in _mapping(value, where).items():
            _check(item, kind[1:-1], f"{where}.{name}")
    elif described_enum(kind):
        _check_enum(value, described_enum(kind), where)
    elif model := described_model(kind):
        _check_model(_mapping(value, where), model, where)
    else:
        _check_scalar(value, kind, where)


def _check_model(fields: Mapping[str, object], model: ApiModel, where: str) -> None:
    while model.discriminator:
        chosen = fields.get(model.discriminator)
        _check_choice(chosen, tuple(model.subtypes), f"{where}.{model.discriminator}")
        model = described_model(model.subtypes[str(chosen)]) or model
    given = {name for name, value in fields.items() if value is not None}
    unknown = sorted(given - set(model.fields))
    if unknown:
        raise _refusal(f"{where} has unknown fields {unknown}; it may have {sorted(model.fields)}")
    for name, value in fields.items():
        _check(value, model.fields.get(name, "object"), f"{where}.{name}")


def _check_enum(value: object, choices: tuple[str, ...], where: str) -> None:
    # The client and the description spell some values differently: 'day' and 'Day'.
    if str(value).lower() not in [choice.lower() for choice in choices]:
        _check_choice(value, choices, where)


def _check_choice(value: object, choices: tuple[str, ...], where: str) -> None:
    if value not in choices:
        raise _refusal(f"{where} is {_shown(value, where)}; it is one of {sorted(choices)}")


def _check_scalar(value: object, kind: str, where: str) -> None:
    types = _SCALARS.get(kind, (str,))  # dates, durations and the like are text on the wire
    is_flag = isinstance(value, bool) and kind != "bool"
    if is_flag or not isinstance(value, types):
        type_name = kind if kind in _SCALARS else "a string"
        raise _refusal(f"{where} is {_shown(value, where)}; it takes {type_name}")


def _shown(value: object, where: str) -> str:
    return "not shown" if _SECRET.search(where) else repr(value)


def _list(value: object, where: str) -> list[object]:
    if isinstance(value, list):
        return value
    raise _refusal(f"{where} is {_shown(value, where)}; it takes a list")


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    raise _refusal(f"{where} is {_shown(value, where)}; it takes a mapping")


def _refusal(message: str) -> ArmError:
    return ArmError(400, "ValidationError", message)
