"""Read a component: a file of its own, or the lines of a job that states one inline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.read_ports import declared_inputs, declared_outputs
from aml_pipelines.pipeline.spec import Component, InputPort, OutputPort, Snapshot, SparkCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.yaml_lines import Fields

_ABOUT = ("$schema", "type", "name", "version", "display_name", "description", "tags", "properties")
_SPARK = ("entry", "args", "conf", "py_files", "jars", "files", "archives")
_OWN = ("inputs", "outputs", "is_deterministic", "code", "environment", "additional_includes")
COMPONENT_FIELDS = {
    "command": (*_ABOUT, *_OWN, "command", "distribution", "resources"),
    "spark": (*_ABOUT, *_OWN, *_SPARK),
    "pipeline": (*_ABOUT, "inputs", "outputs", "is_deterministic", "jobs"),
}
INLINE_FIELDS = {
    "command": ("code", "command", "environment", "distribution"),
    "spark": ("code", "environment", *_SPARK),
}
_SIZES = ("spark.driver.cores", "spark.driver.memory", "spark.executor.cores")
_MANDATORY = (*_SIZES, "spark.executor.memory")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def read_component_file(fields: Fields, kind: str) -> Component:
    """Read the command or Spark component of a component file."""
    fields.only(COMPONENT_FIELDS[kind], f"{kind} component")
    name = fields.text("name")
    if not _NAME.fullmatch(name):
        fields.problems.add(
            fields.place_of("name"),
            f"component name {name!r} is not lower-case letters, digits and underscores",
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
    """Read the component that `fields` state, with its interface already read."""
    snapshot = read_snapshot(fields)
    template = "args" if kind == "spark" else "command"
    if kind == "command" and not fields.text("command"):
        fields.problems.add(fields.place, f"component {name!r} has no 'command'")
    if "environment" not in fields.entries and kind == "command":
        fields.problems.add(
            fields.place, f"component {name!r} has no 'environment'; Azure needs one"
        )
    if "distribution" in fields.entries:
        fields.problems.add(
            fields.place_of("distribution"),
            f"component {name!r} is distributed, which cannot be run here",
        )
    return Component(
        kind="spark" if kind == "spark" else "command",
        name=name,
        place=fields.place,
        inputs=inputs,
        outputs=outputs,
        template=fields.text(template),
        template_place=fields.place_of(template),
        snapshot=snapshot,
        spark=_spark(fields, snapshot) if kind == "spark" else SparkCode(),
        is_deterministic=fields.flag("is_deterministic", default=True),
    )


def read_snapshot(fields: Fields) -> Snapshot:
    """Read which code a component takes with it."""
    folder = fields.place.file.parent
    code = fields.text("code")
    if code.startswith(("azureml:", "https:", "git")):
        fields.problems.add(
            fields.place_of("code"), f"code {code!r} is not a local folder; give a relative path"
        )
        return Snapshot(None)
    path = (folder / code).resolve() if code else None
    if path and not path.exists():
        fields.problems.add(fields.place_of("code"), f"code {code!r} does not exist: {path}")
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


def _spark(fields: Fields, snapshot: Snapshot) -> SparkCode:
    entry = _entry_file(fields, snapshot)
    stated = fields.mapping("conf")
    conf = {key: _conf_text(value.value) for key, value in stated.entries.items()}
    _check_conf(conf, stated)
    return SparkCode(
        entry=entry,
        conf=conf,
        py_files=fields.texts("py_files"),
        jars=fields.texts("jars"),
        files=fields.texts("files"),
        archives=fields.texts("archives"),
    )


def _entry_file(fields: Fields, snapshot: Snapshot) -> str:
    stated = fields.mapping("entry")
    stated.only(("file",), "entry")
    entry = stated.text("file")
    if not entry:
        fields.problems.add(fields.place_of("entry"), "entry names no file; write {file: main.py}")
    elif snapshot.code and snapshot.code.is_dir() and not (snapshot.code / entry).is_file():
        fields.problems.add(
            fields.place_of("entry"), f"entry {entry!r} does not exist in {snapshot.code}"
        )
    return entry


def _conf_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_conf(conf: Mapping[str, str], stated: Fields) -> None:
    missing = [key for key in _MANDATORY if key not in conf]
    is_dynamic = conf.get("spark.dynamicAllocation.enabled") == "true"
    bounds = [f"spark.dynamicAllocation.{end}Executors" for end in ("min", "max")]
    if is_dynamic:
        missing += [key for key in bounds if key not in conf]
    elif "spark.executor.instances" not in conf:
        missing.append("spark.executor.instances")
    for key in missing:
        stated.problems.add(stated.place, f"Spark conf lacks {key!r}, which Azure needs")
    if not is_dynamic and any(key in conf for key in bounds):
        stated.problems.add(
            stated.place,
            f"Spark conf has {' or '.join(bounds)} without spark.dynamicAllocation.enabled: true",
        )
