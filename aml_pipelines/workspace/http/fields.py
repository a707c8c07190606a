"""Takes fields out of JSON bodies."""

from __future__ import annotations

from collections.abc import Mapping

JsonObject = Mapping[str, object]


def mapping(value: object) -> JsonObject:
    """Return `value` if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def mapping_in(content: JsonObject, name: str) -> dict[str, object]:
    """Return a copy of the mapping that `content` has under `name`, or an empty one."""
    return dict(mapping(content.get(name)))


def list_in(content: JsonObject, name: str) -> list[object]:
    """Return the list that `content` has under `name`, or an empty one."""
    value = content.get(name)
    return value if isinstance(value, list) else []


def text_in(content: JsonObject, name: str) -> str | None:
    """Return the text that `content` has under `name`, None if it has none."""
    value = content.get(name)
    return None if value is None else str(value)


def texts_in(content: JsonObject, name: str) -> dict[str, str]:
    """Return the mapping of texts that `content` has under `name`, or an empty one."""
    return {key: str(value) for key, value in mapping(content.get(name)).items()}
