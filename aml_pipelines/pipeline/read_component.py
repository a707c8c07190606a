"""Reads a component, from a file of its own or from a job that has one inline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.environments.read import read_environment
from aml_pipelines.pipeline.field_table import note_ignored
from aml_pipelines.pipeline.kinds import node_kind
from aml_pipelines.pipeline.read_ports import declared_inputs, declared_outputs
from aml_pipelines.pipeline.references import local_path
from aml_pipelines.pipeline.spec import Component, InputPort, OutputPort, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.yaml_lines import Fields

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


def read_component_file(fields: Fields, kind: str) -> Component:
    """Return the component in a component file."""
    fields.note_others(node_kind(kind).COMPONENT_FIELDS, f"{kind} component")
    note_ignored(fields)
    name = fields.text("name")
    if not _NAME.fullmatch(name):
        fields.problems.add(
            fields.place_of("name"),
            f"component name {name!r} is not letters, digits, '_', '-' and '.'",
        )
    return read_component(
        fields,
        kind,
        name,
        declared_inputs(fields.mapping("inputs")),
        declared_outputs(fields.mapping("outputs")),
    )


def read_component(
    fields: Fields,
    kind: str,
    name: str,
    inputs: Mapping[str, InputPort],
    outputs: Mapping[str, OutputPort],
) -> Component:
    """Return the component in `fields`, whose interface was read already."""
    as_kind = node_kind(kind)
    code = fields.mapping(as_kind.CODE) if as_kind.CODE else fields
    snapshot = read_snapshot(fields, code)
    own = as_kind.read_own(fields, name, snapshot)
    return Component(
        kind=kind,
        name=name,
        place=fields.place,
        inputs=inputs,
        outputs=outputs,
        template=code.text(as_kind.TEMPLATE),
        template_place=code.place_of(as_kind.TEMPLATE),
        snapshot=snapshot,
        own=own,
        is_deterministic=fields.flag("is_deterministic", default=True),
        environment=read_environment(code),
    )


def read_snapshot(fields: Fields, block: Fields | None = None) -> Snapshot:
    """Return the includes of a component and its code folder, which a `block` of it may name."""
    folder, code_fields = fields.place.file.parent, block or fields
    code = code_fields.text("code")
    if code and (not local_path(code) or code.startswith("git")):
        fields.problems.add(
            code_fields.place_of("code"),
            f"code {code!r} is not a local folder; give a relative path",
        )
        return Snapshot(None)
    path = (folder / code).resolve() if code else None
    if path and not path.exists():
        fields.problems.add(code_fields.place_of("code"), f"code {code!r} does not exist: {path}")
    includes = []
    for item in fields.items("additional_includes"):
        include = (folder / str(item.value)).resolve()
        includes.append(include)
        if include.suffix == ".zip" and not include.exists():
            fields.problems.add(
                item.place,
                f"include {item.value!r} is a zip, whose times change the snapshot; "
                "include the folder itself",
            )
        elif not include.exists():
            fields.problems.add(item.place, f"include {item.value!r} does not exist: {include}")
    return Snapshot(path, tuple(includes))
