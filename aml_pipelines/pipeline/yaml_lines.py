"""Read YAML as Azure's SDK does, keeping the line on which every value stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import yaml

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.problems import Place, Problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Scalar = str | int | float | bool | None
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Entry:
    """A value of a YAML document and the place where it stands."""

    value: Scalar | tuple[Entry, ...] | Mapping[str, Entry]
    place: Place

    @property
    def kind(self) -> str:
        """The word a reader of YAML has for this value."""
        names = {str: "text", int: "integer", float: "number", bool: "boolean", tuple: "list"}
        return "nothing" if self.value is None else names.get(type(self.value), "mapping")


@dataclass(frozen=True)
class Fields:
    """The keys of one mapping; each is taken as its type, or reported and replaced by nothing."""

    entries: Mapping[str, Entry]
    place: Place
    problems: Problems

    def only(self, known: tuple[str, ...], owner: str) -> None:
        """Report keys that `owner` cannot have."""
        for name, entry in self.entries.items():
            if name in known:
                continue
            self.problems.add(
                entry.place,
                f"{owner} has no field {name!r}; its fields are {', '.join(known)}",
            )

    def _take(self, name: str, kinds: tuple[str, ...]) -> Entry | None:
        entry = self.entries.get(name)
        if entry is None or entry.value is None:
            return None
        if entry.kind not in kinds:
            self.problems.add(
                entry.place, f"{name!r} is of the kind {entry.kind}; it takes {' or '.join(kinds)}"
            )
            return None
        return entry

    def text(self, name: str) -> str:
        """Take a text; a number counts as one, as a missing field counts as empty."""
        entry = self._take(name, ("text", "integer", "number"))
        return "" if entry is None else str(entry.value)

    def flag(self, name: str, *, default: bool) -> bool:
        entry = self._take(name, ("boolean",))
        return default if entry is None else bool(entry.value)

    def scalar(self, name: str) -> Scalar:
        entry = self._take(name, ("text", "integer", "number", "boolean"))
        return None if entry is None else cast("Scalar", entry.value)

    def mapping(self, name: str) -> Fields:
        """Take a nested mapping; a missing one is empty."""
        entry = self._take(name, ("mapping",))
        return (
            Fields({}, self.place_of(name), self.problems) if entry is None else self.under(entry)
        )

    def items(self, name: str) -> tuple[Entry, ...]:
        """Take a list; a missing one is empty."""
        entry = self._take(name, ("list",))
        return () if entry is None else cast("tuple[Entry, ...]", entry.value)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(str(item.value) for item in self.items(name))

    def under(self, entry: Entry) -> Fields:
        """Give the keys of `entry`, which must be a mapping."""
        return Fields(cast("Mapping[str, Entry]", entry.value), entry.place, self.problems)

    def place_of(self, name: str) -> Place:
        """Where `name` stands, or its mapping when it is missing."""
        return self.entries[name].place if name in self.entries else self.place


def read_fields(file: Path, problems: Problems) -> Fields:
    """Read the mapping in `file`; raises PipelineError when it holds none."""
    try:
        text = file.read_text(encoding="utf-8")
        loader = Loader(text)
        node = loader.get_single_node()
    except OSError as error:
        raise PipelineError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PipelineError(f"{file}: is not YAML: byte {error.start} is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PipelineError(f"{Place(file, line)}: is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise PipelineError(f"{file}: is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(node, yaml.MappingNode):
        raise PipelineError(
            f"{file}:1: holds no fields; it begins with a line such as 'type: pipeline'"
        )
    try:
        entry = _entry(node, loader, file, problems)
    except RecursionError:
        raise PipelineError(f"{file}: an alias stands within its own anchor") from None
    return Fields(cast("Mapping[str, Entry]", entry.value), entry.place, problems)


def _entry(node: yaml.Node, loader: yaml.SafeLoader, file: Path, problems: Problems) -> Entry:
    place = Place(file, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return Entry(tuple(_entry(item, loader, file, problems) for item in node.value), place)
    if isinstance(node, yaml.MappingNode):
        return Entry(_mapping(node, loader, file, problems), place)
    value = loader.construct_object(node)
    if not isinstance(value, str | int | float | bool | None):
        problems.add(place, f"{node.value!r} is read as a {type(value).__name__}; put it in quotes")
        value = str(node.value)
    return Entry(value, place)


def _mapping(
    node: yaml.MappingNode, loader: yaml.SafeLoader, file: Path, problems: Problems
) -> dict[str, Entry]:
    own = [str(key.value) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    loader.flatten_mapping(node)
    entries: dict[str, Entry] = {}
    for key, value in node.value:
        name = str(key.value)
        if own.count(name) > 1 and name in entries:
            problems.add(Place(file, key.start_mark.line + 1), f"{name!r} stands here twice")
        child = _entry(value, loader, file, problems)
        # the line of the key, which is where a reader looks, not that of its first child
        entries[name] = Entry(child.value, Place(file, key.start_mark.line + 1))
    return entries
