"""Compares an answer with a recorded shape: its keys, types, nulls and spellings.

A shape is what the service answered, with words for the parts that differ from one session to the
next: `text`, `number`, `flag`, `time`, `guid`, `uri`, `id`, `state`, `map`, `list`. Everything else
is meant literally, and so is what follows a `=`. `$resource: PATH` stands for the id, name and type
of the resource at that path, and `$contains: SHAPE` for a list that has such an item among others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVIDER = "Microsoft.MachineLearningServices/workspaces"
# The states of a job that has not ended: which of them is a matter of the moment.
_STATES = ("NotStarted", "Starting", "Provisioning", "Preparing", "Queued", "Running", "Finalizing")
_TEXTS = {
    "text": r".*",
    "time": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "guid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "uri": r"[a-z]+://.+",
    "id": r"/subscriptions/[^/]+/.+",
    "state": "|".join(_STATES),
}
_LONGEST = 30
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "number": (int, float),
    "flag": bool,
    "map": dict,
    "list": list,
}


def differences(shape: object, answer: object, workspace: str, where: str = "") -> list[str]:
    """Return a line for each difference of `answer` from `shape`; `workspace` is its ARM id."""
    if isinstance(shape, dict) and "$contains" in shape:
        return _without_item(shape["$contains"], answer, workspace, where)
    if isinstance(shape, dict) and isinstance(answer, dict):
        return _of_mappings(_expanded(shape, workspace), answer, workspace, where)
    if isinstance(shape, list) and isinstance(answer, list):
        return _of_lists(shape, answer, workspace, where)
    if isinstance(shape, str) and shape in (*_TEXTS, *_TYPES):
        return [] if _is_a(shape, answer) else [f"{where}: {shape}, here {_short(answer)}"]
    literal = shape.removeprefix("=") if isinstance(shape, str) else shape
    is_equal = type(literal) is type(answer) and literal == answer
    return [] if is_equal else [f"{where}: {_short(shape)}, here {_short(answer)}"]


def _expanded(shape: Mapping[str, object], workspace: str) -> Mapping[str, object]:
    if "$resource" not in shape:
        return shape
    path = str(shape["$resource"])
    segments = path.split("/")
    envelope = {
        "id": f"{workspace}/{path}",
        "name": segments[-1],
        "type": "/".join([PROVIDER, *segments[::2]]),
    }
    return {**envelope, **{key: value for key, value in shape.items() if key != "$resource"}}


def _of_mappings(
    shape: Mapping[str, object], answer: Mapping[str, object], workspace: str, where: str
) -> list[str]:
    found = []
    for key in [*shape, *(key for key in answer if key not in shape)]:
        inner = f"{where}.{key}" if where else key
        if key not in answer:
            found.append(f"{inner}: {_recorded(shape[key])}, missing here")
        elif key not in shape:
            found.append(f"{inner}: not there, here {_short(answer[key])}")
        else:
            found += differences(shape[key], answer[key], workspace, inner)
    return found


def _of_lists(shape: list[object], answer: list[object], workspace: str, where: str) -> list[str]:
    if len(shape) != len(answer):
        return [f"{where}: {len(shape)} items, here {len(answer)}"]
    pairs = enumerate(zip(shape, answer, strict=True))
    return [
        line
        for index, (recorded, here) in pairs
        for line in differences(recorded, here, workspace, f"{where}[{index}]")
    ]


def _without_item(shape: object, answer: object, workspace: str, where: str) -> list[str]:
    if not isinstance(answer, list):
        return [f"{where}: a list, here {_short(answer)}"]
    tried = [differences(shape, item, workspace, f"{where}[]") for item in answer]
    return min(tried, key=len, default=[f"{where}: an item, here none"])


def _is_a(word: str, value: object) -> bool:
    if word in _TEXTS:
        return isinstance(value, str) and bool(re.fullmatch(_TEXTS[word], value, re.DOTALL))
    return isinstance(value, _TYPES[word]) and (word == "flag" or not isinstance(value, bool))


def _recorded(shape: object) -> str:
    return str(shape) if shape in (*_TEXTS, *_TYPES) else _short(shape)


def _short(value: object) -> str:
    if isinstance(value, dict) and value:
        return "{…}"
    if isinstance(value, list) and value:
        return "[…]"
    # Else the line would never be the same twice: times, GUIDs, folders of a test.
    if isinstance(value, str) and re.fullmatch(_TEXTS["time"], value):
        return "a time"
    if isinstance(value, str) and len(value) > _LONGEST:
        return "a text"
    return "null" if value is None else repr(value)
