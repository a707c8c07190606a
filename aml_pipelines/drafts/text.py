"""Write YAML as a person would: one line for each fact, and comments that say what was seen."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING

import yaml

from conf.dataset_column import RESERVED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 110
QUESTION = "#?"  # begins a comment that asks


def flow(value: object) -> str:
    """Return a value as YAML on one line; a sign, such as a delimiter, in quotes."""
    if isinstance(value, str) and value and not any(letter.isalnum() for letter in value):
        return json.dumps(value)
    if isinstance(value, list):
        return f"[{', '.join(flow(item) for item in value)}]"
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True)
    return text.removesuffix("...\n").strip()


def mapping(keys: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{name}: {flow(value)}" for name, value in keys.items()) + "}"


def listed(start: str, values: Sequence[object]) -> list[str]:
    """Return lines of a list of values that begins with `start`, such as `  numeric: `."""
    text = f"{start}[{', '.join(flow(value) for value in values)}]"
    indent = " " * (len(start) - len(start.lstrip()) + 2)
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def questions(texts: Sequence[str]) -> list[str]:
    """Return comments that ask; one that is longer than a line goes on in a plain comment."""
    lines = []
    for text in texts:
        first, *others = textwrap.wrap(text, WIDTH)
        lines += [f"{QUESTION} {first}", *(f"#  {line}" for line in others)]
    return lines


def cut(text: str) -> str:
    """Return a text on one line, cut where a line of a file ends."""
    plain = re.sub(r"\s+", " ", text)
    return plain if len(plain) <= WIDTH else f"{plain[: WIDTH - 1]}…"


def column_names(names: Sequence[str]) -> dict[str, str]:
    """Map names of files to names of columns: lower-case letters, digits and underscores."""
    found: dict[str, str] = {}
    for number, name in enumerate(names, start=1):
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower() or f"column_{number}"
        plain = f"column_{plain}" if plain[0].isdigit() or plain in RESERVED else plain
        taken, unique, count = set(found.values()), plain, 2
        while unique in taken:
            unique, count = f"{plain}_{count}", count + 1
        found[name] = unique
    return found
