"""Azure Pipelines YAML with its templates expanded, in the small part of its language used here.

That part is: `template:` of steps, stages and variables with `parameters:`, `${{ if }}` and
`${{ else }}`, `${{ each }}` over a parameter, a parameter that is a list of steps, and `eq`, `ne`
and names in expressions. Anything else raises ExpansionError.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.contract.files import REPOSITORY, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

_HOLE = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_EACH = re.compile(r"each (\w+) in (.+)")
_COMPARED = re.compile(r"(eq|ne)\((.+), (.+)\)")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, str),
    "object": (list, dict),
    "stepList": (list,),
}


class ExpansionError(ValueError):
    """A pipeline says what Azure DevOps would refuse, or what this does not read."""


@dataclass
class Expansion:
    """One pipeline on one branch: its stages in full, and the files that it was made of."""

    branch: str
    files: set[Path] = field(default_factory=set)
    read: set[tuple[Path, str]] = field(default_factory=set)

    def pipeline(self, file: Path, given: dict[str, Any] | None = None) -> dict[str, Any]:
        """Expand a pipeline or a template; raises ExpansionError."""
        self.files.add(file)
        document = read_yaml(file)
        scope = _Scope(self, file, _parameters(file, document.pop("parameters", []), given or {}))
        expanded: dict[str, Any] = scope.value(document)
        return expanded


def _parameters(file: Path, declared: list[Any], given: dict[str, Any]) -> dict[str, Any]:
    by_name = {item["name"]: item for item in declared}
    unknown = sorted(given.keys() - by_name)
    missing = sorted(n for n, item in by_name.items() if n not in given and "default" not in item)
    if unknown or missing:
        raise ExpansionError(f"{file.name}: gives {unknown}, which it has not, or lacks {missing}")
    found = {name: given.get(name, item.get("default")) for name, item in by_name.items()}
    for name, value in found.items():
        allowed = by_name[name].get("values")
        if not isinstance(value, _TYPES[by_name[name]["type"]]):
            raise ExpansionError(f"{file.name}: {name!r} is {value!r}: another type")
        if allowed and value not in allowed:
            raise ExpansionError(f"{file.name}: {name!r} is {value!r}, none of {allowed}")
    return found


@dataclass
class _Scope:
    """The names that expressions in one file may use."""

    expansion: Expansion
    file: Path
    parameters: dict[str, Any]
    each: dict[str, Any] = field(default_factory=dict)

    def value(self, value: object) -> Any:  # noqa: ANN401 # YAML
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, list):
            return self.sequence(value)
        return self.text(value) if isinstance(value, str) else value

    def mapping(self, stated: dict[str, object]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self.chosen(stated):
            found[key] = self.value(value)
        return found

    def sequence(self, stated: list[object]) -> list[Any]:
        found: list[Any] = []
        last: bool | None = None
        for item in stated:
            only = next(iter(item)) if isinstance(item, dict) and len(item) == 1 else ""
            hole = _HOLE.fullmatch(only)
            if hole and isinstance(item, dict):
                last, inner = self.branch(hole[1], item[only], last=last)
                found += inner
                continue
            last = None
            found += self.item(item)
        return found

    def item(self, item: object) -> list[Any]:
        if isinstance(item, str) and _HOLE.fullmatch(item):
            value = self.text(item)
            return value if isinstance(value, list) else [value]
        if isinstance(item, dict) and "template" in item:
            return self.template(item)
        return [self.value(item)]

    def branch(
        self, words: str, body: object, *, last: bool | None
    ) -> tuple[bool | None, list[Any]]:
        each = _EACH.fullmatch(words)
        if each:
            found: list[Any] = []
            for value in self.named(each[2]):
                inner = _Scope(self.expansion, self.file, self.parameters, {each[1]: value})
                found += inner.sequence(_listed(body))
            return None, found
        holds = self.holds(words, last=last)
        return holds, self.sequence(_listed(body)) if holds else []

    def chosen(self, stated: dict[str, object]) -> list[tuple[str, object]]:
        found: list[tuple[str, object]] = []
        last: bool | None = None
        for key, value in stated.items():
            hole = _HOLE.fullmatch(key)
            if not hole:
                found.append((key, value))
                continue
            last = self.holds(hole[1], last=last)
            if last and isinstance(value, dict):
                found += value.items()
        return found

    def holds(self, words: str, *, last: bool | None) -> bool:
        if words == "else" and last is not None:
            return not last
        compared = _COMPARED.fullmatch(words.removeprefix("if "))
        if not words.startswith("if ") or not compared:
            raise ExpansionError(f"{self.file.name}: {words!r} is not read here")
        equal = self.named(compared[2]) == self.named(compared[3])
        return bool(equal) is (compared[1] == "eq")

    def template(self, item: dict[str, Any]) -> list[Any]:
        unknown = item.keys() - {"template", "parameters"}
        if unknown:
            raise ExpansionError(f"{self.file.name}: template with {sorted(unknown)}")
        name = str(self.text(item["template"]))
        rooted = name.startswith("/")
        file = REPOSITORY / name[1:] if rooted else (self.file.parent / name).resolve()
        if not file.is_file():
            raise ExpansionError(f"{self.file.name}: there is no template {name!r}")
        expanded = self.expansion.pipeline(file, self.value(item.get("parameters", {})))
        (kind,) = expanded
        inner: Any = expanded[kind]
        return [inner] if isinstance(inner, dict) else list(inner)

    def text(self, text: str) -> Any:  # noqa: ANN401 # a parameter has its own type
        whole = _HOLE.fullmatch(text)
        if whole and whole[1].count("}}") == 0:
            return self.named(whole[1])
        return _HOLE.sub(lambda hole: str(self.named(hole[1])), text)

    def named(self, words: str) -> Any:  # noqa: ANN401 # same
        room, _, name = words.partition(".")
        if words == "variables['Build.SourceBranch']":
            return self.expansion.branch
        if words in self.each:
            return self.each[words]
        if room == "parameters" and name in self.parameters:
            self.expansion.read.add((self.file, name))
            return self.parameters[name]
        if words.startswith("'") and words.endswith("'"):
            return words[1:-1]
        raise ExpansionError(f"{self.file.name}: {words!r} is neither declared nor read here")


def _listed(body: object) -> list[object]:
    if not isinstance(body, list):
        raise ExpansionError(f"{body!r} stands in a list and is none")
    return body
