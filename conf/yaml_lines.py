"""Read a YAML file into values that know the line on which each stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    Scalar = str | float | bool | dt.date | None
    Report = Callable[["Place", str], None]

# libyaml's loader is several times as fast, where PyYAML was built with it.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_VALUES = 100_000
TEXT_TO_BOOLEAN = (str, int, float, bool, type(None))


class YamlError(ValueError):
    """A file is not YAML; the message names its place."""


def shown_path(file: Path) -> Path:
    """Return a file's path as a reader types it: from where they are, if it is below."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file


@dataclass(frozen=True)
class Place:
    """A line of a file, printed as an editor opens it."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{shown_path(self.file)}:{self.line}"


@dataclass(frozen=True)
class Entry:
    """A value of a YAML document, its place, and the key that YAML reads before it."""

    value: Scalar | tuple[Entry, ...] | Mapping[str, Entry]
    place: Place
    key: object = None

    @property
    def kind(self) -> str:
        """The word a reader of YAML has for this value."""
        names = {str: "text", int: "integer", float: "number", bool: "boolean", tuple: "list"}
        return "nothing" if self.value is None else names.get(type(self.value), "mapping")

    def plain(self) -> object:
        """Return the value as Python has it, without its lines."""
        if isinstance(self.value, Mapping):
            return {name: entry.plain() for name, entry in self.value.items()}
        if isinstance(self.value, tuple):
            return [entry.plain() for entry in self.value]
        return self.value


@dataclass(frozen=True)
class _Document:
    file: Path
    loader: yaml.SafeLoader
    scalars: tuple[type, ...]
    report: Report
    read: Iterator[int] = field(default_factory=count)


def read_entries(file: Path, *, scalars: tuple[type, ...], report: Report) -> Entry:
    """Read the document in `file`; keys are as they are written, and have the place of the key.

    `report` is called for a key that stands twice, and for a value of a type that is not among
    `scalars`, which then counts as text. Raises YamlError, or OSError when there is no such file.
    """
    try:
        loader = Loader(file.read_text(encoding="utf-8"))
        node = loader.get_single_node()
    except UnicodeDecodeError as error:
        raise YamlError(f"{file}: is not YAML: byte {error.start} is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlError(f"{Place(file, line)}: is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise YamlError(f"{file}: is not YAML: {' '.join(str(error).split())}") from error
    if node is None:
        return Entry(None, Place(file, 1))
    try:
        return _entry(node, _Document(file, loader, scalars, report))
    except RecursionError:
        raise YamlError(f"{file}: an alias stands within its own anchor") from None


def _entry(node: yaml.Node, document: _Document) -> Entry:
    place = Place(document.file, node.start_mark.line + 1)
    # An alias stands for a whole value again: ten lines of them can stand for a billion values.
    if next(document.read) >= _MOST_VALUES:
        raise YamlError(f"{place}: the file has over {_MOST_VALUES:,} values, counting aliases")
    if isinstance(node, yaml.SequenceNode):
        return Entry(tuple(_entry(item, document) for item in node.value), place)
    if isinstance(node, yaml.MappingNode):
        return Entry(_mapping(node, document), place)
    value = _construct(node, document)
    if not isinstance(value, document.scalars):
        kind = type(value).__name__
        document.report(place, f"{node.value!r} is read as a {kind}; put it in quotes")
        value = str(node.value)
    return Entry(cast("Scalar", value), place)


def _mapping(node: yaml.MappingNode, document: _Document) -> dict[str, Entry]:
    own = [str(key.value) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    document.loader.flatten_mapping(node)
    entries: dict[str, Entry] = {}
    for key, value in node.value:
        name = str(key.value)
        # the line of the key, which is where a reader looks, not that of its first child
        place = Place(document.file, key.start_mark.line + 1)
        if own.count(name) > 1 and name in entries:
            document.report(place, f"{name!r} stands here twice")
        child = _entry(value, document)
        entries[name] = Entry(child.value, place, _construct(key, document))
    return entries


def _construct(node: yaml.Node, document: _Document) -> object:
    try:
        return document.loader.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:  # an unknown tag, or a day like 2024-02-30
        problem = getattr(error, "problem", None) or error
        place = Place(document.file, node.start_mark.line + 1)
        raise YamlError(f"{place}: is not YAML: {problem}") from error
