"""Read one YAML document strictly: every key is known and typed, or named with its line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from conf.errors import UserError
from conf.yaml_lines import TEXT_TO_BOOLEAN, Entry, Place, YamlError, read_entries, shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Lines = Mapping[tuple[str, ...], Place]

T = TypeVar("T")
_REQUIRED = object()


class ConfError(UserError):
    """A file under conf/ is missing, is no YAML, or states something that it may not."""


@dataclass(frozen=True)
class Section:
    """A mapping of a YAML document, with its path in there and the line of every key.

    `found` keeps what is wrong until `raise_found` raises all of it; what is read in place of it
    means nothing. Without it, the first mistake is raised.
    """

    values: Mapping[str, object]
    file: Path
    path: tuple[str, ...] = ()
    lines: Lines = field(default_factory=dict)
    found: list[str] | None = None

    @property
    def where(self) -> str:
        """The place of this mapping and its path, with which a message begins."""
        return self._where(self.path)

    def refuse(self, problem: str) -> None:
        """Keep a problem, or raise it as a ConfError."""
        if self.found is None:
            raise ConfError(problem)
        self.found.append(problem)

    def raise_found(self) -> None:
        """Raise one ConfError with all problems that were kept."""
        if self.found:
            raise ConfError(*dict.fromkeys(self.found))

    def allow(self, *names: str) -> Section:
        """Refuse keys other than `names`."""
        unknown = sorted(set(self.values) - set(names))
        if unknown:
            first = next(name for name in self.values if name in unknown)
            self.refuse(
                f"{self.where_of(first)}: unknown keys {unknown}; it may have {sorted(names)}"
            )
        return self

    def value(self, name: str, kind: type[T], default: object = _REQUIRED) -> T:
        """Read `name` as `kind`; an integer will do where a float is due."""
        value = self.values.get(name)
        if value is None:
            if default is _REQUIRED:
                self.refuse(f"{self.where}: key {name!r} is missing; it takes a {kind.__name__}")
                return _nothing(kind)
            return default  # type: ignore[return-value]  # the default is the caller's own type
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:  # not isinstance: True is an int to Python
            self.refuse(
                f"{self.where_of(name)}: {name!r} is {value!r}; it takes a {kind.__name__}, "
                f"not a {type(value).__name__}"
            )
            return _nothing(kind)
        return value

    def optional(self, name: str, kind: type[T]) -> T | None:
        """Read `name` as `kind`; None without it."""
        return None if self.values.get(name) is None else self.value(name, kind)

    def choice(self, name: str, choices: Sequence[str], default: object = _REQUIRED) -> str:
        value = self.value(name, str, default)
        if value not in choices:
            if isinstance(self.values.get(name), str):  # anything else is refused already
                self.refuse(
                    f"{self.where_of(name)}: {name!r} is {value!r}; it is one of {list(choices)}"
                )
            return choices[0]
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of strings; a missing one is empty."""
        items: list[object] = self.value(name, list, [])
        wrong = [item for item in items if not isinstance(item, str)]
        if wrong:
            bare = " (YAML reads a bare yes, no, on or off as a truth value)"
            self.refuse(
                f"{self.where_of(name)}: {name!r} has {wrong[0]!r}; every item is a string: "
                f"quote it{bare if isinstance(wrong[0], bool) else ''}"
            )
        return tuple(str(item) for item in items)

    def section(self, name: str) -> Section:
        """Read a nested mapping; a missing one is empty."""
        values: Mapping[str, object] = self.value(name, dict, {})
        return Section(values, self.file, (*self.path, name), self.lines, self.found)

    def sections(self) -> dict[str, Section]:
        """Read every value as a mapping of its own."""
        sections = {name: self.section(name) for name in self.values}
        return {
            name: section
            for name, section in sections.items()
            if isinstance(self.values[name], Mapping | None)
        }

    def where_of(self, name: str) -> str:
        """Return the place of the key `name`, with the path of this mapping."""
        return self._where((*self.path, name))

    def _where(self, key: tuple[str, ...]) -> str:
        return ": ".join([str(self.lines.get(key, shown_path(self.file))), *self.path])


def _nothing(kind: type[T]) -> T:
    """Return a value of a type that stands for one that was refused."""
    return kind.min if issubclass(kind, dt.date) else kind()  # type: ignore[return-value] # a date


def read_document(file: Path, *, found: list[str] | None = None) -> Section:
    """Read the mapping that a YAML file holds; `found` is as Section says.

    Raises ConfError when there is no such file (naming those there are), or it holds no mapping.
    """
    if not file.is_file():
        names = sorted(other.stem for other in file.parent.glob("*.yml"))
        raise ConfError(f"{file.parent.name} {file.stem!r} is unknown: there are {names}")
    try:
        entry = read_entries(file, scalars=(*TEXT_TO_BOOLEAN, dt.date), report=_refuse)
    except YamlError as error:
        raise ConfError(str(error)) from error
    values = entry.plain()
    if not isinstance(values, dict):
        raise ConfError(f"{file}: holds a {type(values).__name__}; it should be a mapping of names")
    return Section(values, file, (), _lines_of(entry, ()), found)


def _refuse(place: Place, problem: str) -> None:
    raise ConfError(f"{place}: {problem}")


def _lines_of(entry: Entry, path: tuple[str, ...]) -> dict[tuple[str, ...], Place]:
    """Map the path of every key below `entry` to its place; refuse keys that are no text to YAML.

    A bare `on` or `no` is a truth value to it.
    """
    lines: dict[tuple[str, ...], Place] = {}
    if isinstance(entry.value, Mapping):
        for name, child in entry.value.items():
            if not isinstance(child.key, str):
                where = ": ".join([str(child.place), *path])
                raise ConfError(
                    f"{where}: {child.key!r} is no name to YAML; write names like it in quotes"
                )
            lines |= {(*path, name): child.place} | _lines_of(child, (*path, name))
    return lines
