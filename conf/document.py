"""Read one YAML document strictly: every key is known and typed, or named with its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

T = TypeVar("T")
_REQUIRED = object()


class ConfError(UserError):
    """A file under conf/ is missing, is no YAML, or states something that it may not."""


@dataclass(frozen=True)
class Section:
    """A mapping of a YAML document together with where it stands."""

    values: Mapping[str, object]
    where: str

    def allow(self, *names: str) -> Section:
        """Refuse keys other than `names`."""
        unknown = sorted(set(self.values) - set(names))
        if unknown:
            raise ConfError(f"{self.where}: unknown keys {unknown}; it may have {sorted(names)}")
        return self

    def value(self, name: str, kind: type[T], default: object = _REQUIRED) -> T:
        """Read `name` as `kind`; an integer will do where a float is asked for."""
        found = self.values.get(name)
        if found is None:
            if default is _REQUIRED:
                raise ConfError(
                    f"{self.where}: key {name!r} is missing; it takes a {kind.__name__}"
                )
            return default  # type: ignore[return-value]  # the default is the caller's own type
        if kind is float and type(found) is int:
            found = float(found)
        if type(found) is not kind:
            raise ConfError(
                f"{self.where}: {name!r} is {found!r}; it takes a {kind.__name__}, "
                f"not a {type(found).__name__}"
            )
        return found

    def choice(self, name: str, choices: Sequence[str], default: object = _REQUIRED) -> str:
        found = self.value(name, str, default)
        if found not in choices:
            raise ConfError(f"{self.where}: {name!r} is {found!r}; it is one of {list(choices)}")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of strings; a missing one is empty."""
        found: list[object] = self.value(name, list, [])
        wrong = [item for item in found if not isinstance(item, str)]
        if wrong:
            raise ConfError(f"{self.where}: {name!r} has {wrong[0]!r}; every item is a string")
        return tuple(str(item) for item in found)

    def section(self, name: str) -> Section:
        """Read a nested mapping; a missing one is empty."""
        found: Mapping[object, object] = self.value(name, dict, {})
        where = f"{self.where}: {name}"
        return Section(_named(found, where), where)

    def sections(self) -> dict[str, Section]:
        """Read every value as a mapping of its own."""
        return {name: self.section(name) for name in self.values}


class _EachKeyOnce(yaml.SafeLoader):
    """YAML's safe loader, which refuses a key that stands twice instead of taking the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 # as the loader declares it
        stated = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = sorted({key for key in map(str, stated) if stated.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"keys {twice} stand twice", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


def read_document(path: Path) -> Section:
    """Read the mapping that a YAML file holds.

    Raises ConfError when there is no such file (naming those there are), or it holds no mapping.
    """
    if not path.is_file():
        there_are = sorted(file.stem for file in path.parent.glob("*.yml"))
        raise ConfError(f"{path.parent.name} {path.stem!r} is unknown: there are {there_are}")
    try:
        read = yaml.load(path.read_text(encoding="utf-8"), _EachKeyOnce)  # noqa: S506 # a safe one
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no UTF-8, or a day like 2024-02-30
        raise ConfError(f"{path}: is not YAML: {error}") from error
    if not isinstance(read, dict):
        raise ConfError(f"{path}: holds a {type(read).__name__}; it should be a mapping of names")
    return Section(_named(read, str(path)), str(path))


def _named(found: Mapping[object, object], where: str) -> dict[str, object]:
    """Refuse keys that YAML does not read as text: a bare `on` or `no` is a truth value to it."""
    wrong = [key for key in found if not isinstance(key, str)]
    if wrong:
        raise ConfError(f"{where}: {wrong[0]!r} is no name to YAML; write names like it in quotes")
    return {str(key): value for key, value in found.items()}
