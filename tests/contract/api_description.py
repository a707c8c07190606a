"""Reads the fields, types, enums and subtypes of Azure's API from the client's own models.

`python -m tests.contract.api_description` writes what the workspace checks bodies against.
"""

from __future__ import annotations

import json
import re
import typing
import warnings
from datetime import date, time, timedelta
from enum import Enum
from importlib import import_module
from types import NoneType
from typing import TYPE_CHECKING, Any

from aml_pipelines.workspace.http.schema_source import FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

# The models of the bodies that the workspace's routes take; all others are found from these.
BODIES = (
    *("JobBase", "Schedule", "Datastore", "ComputeResource"),
    *("Workspace", "WorkspaceUpdateParameters"),
    *("Registry", "PartialRegistryPartialTrackedResource", "DestinationAsset"),
    *("CodeContainer", "CodeVersion", "ComponentContainer", "ComponentVersion"),
    *("DataContainer", "DataVersionBase", "EnvironmentContainer", "EnvironmentVersion"),
    *("ModelContainer", "ModelVersion", "BatchEndpoint", "BatchDeployment"),
    *("OnlineEndpoint", "OnlineDeployment", "RegenerateEndpointKeysRequest"),
    *("DeploymentLogsRequest", "WorkspaceConnectionPropertiesV2BasicResource"),
    *("WorkspaceConnectionUpdateParameter", "ClusterUpdateParameters"),
    *("PartialMinimalTrackedResourceWithIdentity", "PartialMinimalTrackedResourceWithSku"),
    "PartialBatchDeploymentPartialMinimalTrackedResourceWithProperties",
)
_SCALARS: Mapping[type, str] = {bool: "bool", int: "int", float: "float"}
# Dates and durations are text on the wire.
_TEXT = (str, bytes, date, time, timedelta)


def description() -> dict[str, Any]:
    """Return the models that `BODIES` need, by their names, and their enums with their values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing the SDK warns of marshmallow and urllib3
        api = import_module("azure.ai.ml._restclient.arm_ml_service.models")
    models: dict[str, Any] = {}
    enums: dict[str, list[str]] = {}
    to_read = set(BODIES)
    while to_read:
        name = to_read.pop()
        described = getattr(api, name)
        if issubclass(described, Enum):
            enums[name] = [item.value for item in described]
            continue
        models[name] = _model(api, described)
        named = {*models[name]["fields"].values(), *models[name].get("subtypes", {}).values()}
        found = {re.sub(r"[\[\]{}]", "", kind) for kind in named}
        to_read |= {kind for kind in found if hasattr(api, kind)} - {*models, *enums}
    return {"models": models, "enums": enums}


def _model(api: Any, described: Any) -> dict[str, Any]:  # noqa: ANN401 # generated, without a protocol
    hints = typing.get_type_hints(described, localns={"_models": api})
    own = described({})._attr_to_rest_field  # noqa: SLF001 # it has the names on the wire
    names = {attribute: field._rest_name for attribute, field in own.items()}  # noqa: SLF001 # same
    model: dict[str, Any] = {
        "fields": {name: _kind(hints[attribute]) for attribute, name in names.items()}
    }
    read_only = [names[a] for a, field in own.items() if field._visibility == ["read"]]  # noqa: SLF001 # same
    if read_only:
        model["read_only"] = sorted(read_only)
    if "__mapping__" in vars(described):
        chosen_by = described._get_discriminator([])  # noqa: SLF001 # same
        model["discriminator"] = chosen_by._rest_name  # noqa: SLF001 # same
        model["subtypes"] = {
            value: subtype.__name__ for value, subtype in described.__mapping__.items()
        }
    return model


def _kind(hint: Any) -> str:  # noqa: ANN401 # whatever a type hint may be
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        kind = f"[{_kind(inner[0])}]"
    elif origin is dict:
        kind = f"{{{_kind(inner[1])}}}"
    elif origin is typing.Union:
        # An enum is open for values to come: "str or the enum". Here it is the enum.
        named = [part for part in inner if part is not NoneType and part is not str]
        kind = _kind(named[0]) if named else "str"
    elif origin is typing.Literal:
        kind = "str"
    elif hint is typing.Any:
        kind = "object"
    else:
        is_text = issubclass(hint, _TEXT) and not issubclass(hint, Enum)
        kind = "str" if is_text else _SCALARS.get(hint, hint.__name__)
    return kind


def written() -> str:
    """Return the file's text: the client's description, a line for each name."""
    parts = []
    for part, entries in sorted(description().items()):
        lines = (
            f"{json.dumps(n)}: {json.dumps(entries[n], sort_keys=True)}" for n in sorted(entries)
        )
        parts.append(f'"{part}": {{\n' + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
