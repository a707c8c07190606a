"""Azure ML's expressions: `${{reference}}`, and `$[[optional text]]` around some."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TOKEN = re.compile(r"\$\[\[(?P<optional>.*?)\]\]|\$\{\{\s*(?P<path>[^{}]*?)\s*\}\}", re.DOTALL)
_WHOLE = re.compile(r"\s*\$\{\{\s*(?P<path>[^{}]*?)\s*\}\}\s*")


@dataclass(frozen=True)
class Reference:
    """The inside of one `${{…}}`; `is_optional` when it stands within `$[[…]]`."""

    path: str
    is_optional: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("."))


Part = str | Reference | tuple[str | Reference, ...]


def parse(text: str) -> tuple[Part, ...]:
    """Split `text` into plain text, references, and optional groups of both."""
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[Part]:
    end = 0
    for token in _TOKEN.finditer(text):
        if token.start() > end:
            yield text[end : token.start()]
        end = token.end()
        if token["optional"] is None:
            yield Reference(token["path"])
        else:
            yield tuple(_optional_parts(token["optional"]))
    if end < len(text):
        yield text[end:]


def _optional_parts(text: str) -> Iterator[str | Reference]:
    for part in _parts(text):
        if isinstance(part, Reference):
            yield Reference(part.path, is_optional=True)
        elif isinstance(part, str):
            yield part


def references(text: str) -> tuple[Reference, ...]:
    """Return the references in `text`, in order."""
    found: list[Reference] = []
    for part in parse(text):
        group = part if isinstance(part, tuple) else (part,)
        found.extend(item for item in group if isinstance(item, Reference))
    return tuple(found)


def whole_reference(text: object) -> Reference | None:
    """Return the reference that is all of `text`; None when `text` is anything else."""
    match = _WHOLE.fullmatch(text) if isinstance(text, str) else None
    return Reference(match["path"]) if match else None


def kept_parts(text: str, has_value: Callable[[Reference], bool]) -> Iterator[str | Reference]:
    """Yield the parts of `text` without optional groups that have a reference without a value."""
    for part in parse(text):
        if not isinstance(part, tuple):
            yield part
        elif all(has_value(item) for item in part if isinstance(item, Reference)):
            yield from part
