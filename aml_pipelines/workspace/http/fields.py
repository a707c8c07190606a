"""Takes fields out of JSON bodies."""

from __future__ import annotations

from collections.abc import Mapping

Fields = Mapping[str, object]


def mapping(value: object) -> Fields:
    """Return `value` if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def mapping_in(content: Fields, name: str) -> dict[str, object]:
    """Return a copy of the mapping that `content` has under `name`, or an empty one."""
    return dict(mapping(content.get(name)))
