"""Translates the items of a loop from a node's REST body, where they are JSON in a text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aml_pipelines.workspace.jobs.vocabulary import input_setting

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.fields import JsonObject


def item_fields(node: JsonObject) -> dict[str, object]:
    """Return the items of a node as a file has them; an expression is returned as it is."""
    stated = node.get("items")
    if not isinstance(stated, str):
        return {}
    try:
        items = json.loads(stated)
    except ValueError:
        return {"items": stated}
    if isinstance(items, dict):
        return {"items": {name: _item(item) for name, item in items.items()}}
    return {"items": [_item(item) for item in items] if isinstance(items, list) else stated}


def _item(item: object) -> object:
    if not isinstance(item, dict):
        return item
    return {
        name: input_setting(value) if isinstance(value, dict) else value
        for name, value in item.items()
    }
