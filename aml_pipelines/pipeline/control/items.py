"""The items of a loop: a list or a mapping of inputs, in YAML or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from aml_pipelines.pipeline.read_ports import settings
from aml_pipelines.pipeline.yaml_lines import Fields
from conf.yaml_lines import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Component, Setting
    from conf.yaml_lines import Place

LoopItem = dict[str, "Setting"]


def items_in(stated: Entry, loop: str, body: Component, problems: Problems) -> list[LoopItem]:
    """Return the inputs of each round; report what are no items, or none of the body's inputs."""
    entry = _from_json(stated) if stated.kind == "text" else stated
    value = entry.value if entry else None
    entries: Sequence[Entry] = ()
    if isinstance(value, tuple):
        entries = value
    elif isinstance(value, dict):
        entries = tuple(value.values())
    if not entries or any(item.kind != "mapping" for item in entries):
        problems.add(
            stated.place,
            f"the items of {loop!r} are no list or mapping of inputs such as "
            "[{rate: 1}, {rate: 2}]",
        )
        return []
    fields = Fields({}, stated.place, problems)
    items = [fields.under(item) for item in entries]
    names = set(items[0].entries)
    for item in items:
        _check(item, names, loop, body)
    return [settings(item, "items") for item in items]


def _check(item: Fields, names: set[str], loop: str, body: Component) -> None:
    unknown = sorted(item.entries.keys() - body.inputs)
    if unknown:
        item.problems.add(
            item.place,
            f"an item of {loop!r} has {unknown}, which are no inputs of its body; "
            f"the inputs are {', '.join(body.inputs) or 'none'}",
        )
    elif set(item.entries) != names:
        item.problems.add(
            item.place,
            f"an item of {loop!r} has {sorted(item.entries)}, and the first one {sorted(names)}",
        )


def _from_json(stated: Entry) -> Entry | None:
    try:
        return _entry(json.loads(str(stated.value)), stated.place)
    except ValueError:
        return None


def _entry(value: object, place: Place) -> Entry:
    if isinstance(value, dict):
        return Entry({name: _entry(item, place) for name, item in value.items()}, place)
    if isinstance(value, list):
        return Entry(tuple(_entry(item, place) for item in value), place)
    return Entry(cast("str | float | bool | None", value), place)
