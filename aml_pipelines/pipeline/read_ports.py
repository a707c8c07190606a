"""Reads inputs and outputs from YAML: those that are declared, and those that a job sets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.field_table import note_ignored_input
from aml_pipelines.pipeline.spec import (
    DATA_TYPES,
    LITERAL_TYPES,
    InputPort,
    NewAsset,
    OutputPort,
    Setting,
)

if TYPE_CHECKING:
    from aml_pipelines.pipeline.yaml_lines import Entry, Fields, Scalar

_ASSET_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PORT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_PORT_RULE = "1 to 128 letters, digits, '_', '.' or '-', and begins with none of the last two"
INPUT_FIELDS = ("type", "description", "optional", "default", "mode", "min", "max", "enum")
OUTPUT_FIELDS = ("type", "description", "mode", "is_control", "early_available")
SETTING_FIELDS = (
    *("type", "path", "mode", "value", "description", "datastore", "path_on_compute"),
)
EVALUATED = ("eval_mount", "eval_download")
# Without a mode, Azure mounts an input to be read.
READ_ONLY = ("", "ro_mount", "mount", "download", *EVALUATED)
INPUT_MODES = (*READ_ONLY[1:], "rw_mount", "direct")
OUTPUT_MODES = ("rw_mount", "mount", "upload", "direct")


def declared_inputs(fields: Fields) -> dict[str, InputPort]:
    """Return the inputs of a component file."""
    fields.check_names(_PORT, "input", _PORT_RULE)
    return {name: _input(name, entry, fields) for name, entry in fields.entries.items()}


def declared_outputs(fields: Fields) -> dict[str, OutputPort]:
    fields.check_names(_PORT, "output", _PORT_RULE)
    return {name: _output(name, entry, fields) for name, entry in fields.entries.items()}


def settings(fields: Fields, ports: str) -> dict[str, Setting]:
    """Return the values that a job sets for its `ports` ('inputs' or 'outputs')."""
    fields.check_names(_PORT, ports.removesuffix("s"), _PORT_RULE)
    return {name: _setting(name, entry, fields, ports) for name, entry in fields.entries.items()}


def port_of_setting(name: str, setting: Setting) -> InputPort:
    """Return the input that a job declares by setting a value for it."""
    kinds = {bool: "boolean", int: "integer", float: "number"}
    kind = "uri_folder" if setting.is_path else kinds.get(type(setting.value), "string")
    return InputPort(
        name,
        setting.type or kind,
        setting.place,
        mode=setting.mode,
        is_declared=bool(setting.type),
    )


def _input(name: str, entry: Entry, parent: Fields) -> InputPort:
    if entry.kind != "mapping":
        parent.problems.add(entry.place, f"input {name!r} is no mapping; write {{type: string}}")
        return InputPort(name, "string", entry.place)
    fields = parent.under(entry)
    fields.only(INPUT_FIELDS, f"input {name!r}")
    mode = fields.text("mode")
    refuse_mode(fields, name, mode, INPUT_MODES)
    return InputPort(
        name,
        _type(fields, f"input {name!r}", (*LITERAL_TYPES, *DATA_TYPES)),
        entry.place,
        mode=mode,
        default=fields.scalar("default"),
        is_optional=fields.flag("optional", default=False),
        minimum=_bound(fields.scalar("min")),
        maximum=_bound(fields.scalar("max")),
        choices=fields.texts("enum"),
    )


def _output(name: str, entry: Entry, parent: Fields) -> OutputPort:
    if entry.kind != "mapping":
        parent.problems.add(
            entry.place, f"output {name!r} is no mapping; write {{type: uri_folder}}"
        )
        return OutputPort(name, "uri_folder", entry.place)
    fields = parent.under(entry)
    fields.only(OUTPUT_FIELDS, f"output {name!r}")
    mode = fields.text("mode")
    refuse_mode(fields, name, mode, OUTPUT_MODES)
    kind = _type(fields, f"output {name!r}", (*LITERAL_TYPES, *DATA_TYPES))
    return OutputPort(name, kind, entry.place, mode)


def _setting(name: str, entry: Entry, parent: Fields, ports: str) -> Setting:
    if entry.kind == "list":
        parent.problems.add(entry.place, f"{ports}.{name} is a list; give one value or a path")
        return Setting(None, entry.place)
    if entry.kind != "mapping":
        value: Scalar = entry.value  # type: ignore[assignment]  # neither a list nor a mapping
        return Setting(value, entry.place)
    fields = parent.under(entry)
    fields.only((*SETTING_FIELDS, "name", "version"), f"{ports}.{name}")
    note_ignored_input(fields)
    mode = fields.text("mode")
    refuse_mode(fields, name, mode, INPUT_MODES if ports == "inputs" else OUTPUT_MODES)
    kinds = (*LITERAL_TYPES, *DATA_TYPES)
    kind = _type(fields, f"{ports}.{name}", kinds) if "type" in fields.entries else ""
    is_path = "path" in fields.entries
    value = fields.text("path") if is_path else fields.scalar("value")
    asset = _new_asset(name, fields, kind) if ports == "outputs" else None
    return Setting(value, entry.place, is_path=is_path, type=kind, mode=mode, asset=asset)


def _new_asset(output: str, fields: Fields, kind: str) -> NewAsset | None:
    name, version = fields.text("name"), fields.text("version")
    if version and not name:
        fields.problems.add(
            fields.place_of("version"), f"output {output!r} has a version and no name to register"
        )
    if not name:
        return None
    # As the client says: it refuses more than the service does.
    if not _ASSET_NAME.fullmatch(name):
        fields.problems.add(
            fields.place_of("name"),
            f"output {output!r} is to be registered as {name!r}, which is not 1 to 255 letters, "
            "digits, '-' or '_'",
        )
    if kind in LITERAL_TYPES:
        fields.problems.add(
            fields.place_of("name"),
            f"output {output!r} is of type {kind!r}, and only data and models are registered",
        )
    return NewAsset(name, version)


def _type(fields: Fields, owner: str, known: tuple[str, ...]) -> str:
    kind = fields.text("type")
    # Else any valid type: the plan goes on, so that one look shows all problems.
    is_known = fields.check_word("type", kind, known, f"{owner} has type {kind!r}")
    return kind if is_known else known[0]


def _bound(value: Scalar) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def refuse_mode(fields: Fields, name: str, mode: str, known: tuple[str, ...]) -> None:
    """Report a mode that is not among `known`."""
    if mode:
        says = f"{name!r} has mode {mode!r}, which is not run here"
        fields.check_word("mode", mode, known, says)
