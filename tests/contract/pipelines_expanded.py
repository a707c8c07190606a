"""Azure Pipelines YAML with its templates expanded, in the small part of its language used here.

That part is: `template:` of steps, stages and variables with `parameters:`; `${{ if }}`,
`${{ elseif }}` and `${{ else }}`; `${{ each }}` over a list; a parameter that is a list of steps;
a pipeline's own variables; and `eq`, `ne`, names and quoted texts in expressions. Anything else
raises ExpansionError, and so does what Azure Pipelines itself refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.contract.files import REPOSITORY
from tests.contract.pipelines_stated import ExpansionError, parameters, read_distinct, refuse_fields

if TYPE_CHECKING:
    from pathlib import Path

_HOLE = re.compile(r"\$\{\{\s*([^{}]*?)\s*\}\}")
_EACH = re.compile(r"each (\w+) in (\S+)")
_CHOICE = re.compile(r"(if|elseif) (eq|ne)\(([^(),]+), ([^(),]+)\)")
_QUOTED = re.compile(r"'([^']*)'")


@dataclass
class Expansion:
    """Pipelines on one branch: their stages in full, and the files that they were made of."""

    branch: str
    files: set[Path] = field(default_factory=set)
    read: set[tuple[Path, str]] = field(default_factory=set)

    def pipeline(self, file: Path, given: dict[str, Any] | None = None) -> dict[str, Any]:
        """Expand a pipeline or a template; raises ExpansionError."""
        expanded = self.document(file, given or {})
        refuse_fields(file, expanded)
        return expanded

    def document(self, file: Path, given: dict[str, Any]) -> dict[str, Any]:
        self.files.add(file)
        stated = read_distinct(file)
        scope = _Scope(self, file, parameters(file, stated.pop("parameters", []), given))
        own = stated.get("variables")
        if isinstance(own, dict):
            scope.variables = scope.mapping(own)
        return scope.mapping(stated)


@dataclass
class _Scope:
    """The names that expressions in one file may use."""

    expansion: Expansion
    file: Path
    parameters: dict[str, Any]
    each: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)

    def value(self, value: object, kind: str) -> Any:  # noqa: ANN401 # YAML
        """Expand what stands under the key `kind`."""
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, list):
            return self.sequence(value, kind)
        return self.text(value) if isinstance(value, str) else value

    def mapping(self, stated: dict[str, object]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        held: bool | None = None
        for key, value in stated.items():
            hole = _HOLE.fullmatch(key)
            if hole:
                body = self.mapped(value)
                holds, held = self.choice(hole[1], held)
                inner = self.mapping(body) if holds else {}
            else:
                held = None
                self.refuse(_HOLE.search(key), f"the key {key!r} is not read here")
                inner = {key: self.value(value, key)}
            twice = sorted(found.keys() & inner)
            self.refuse(twice, f"{twice} are stated twice")
            found |= inner
        return found

    def sequence(self, stated: list[object], kind: str) -> list[Any]:
        found: list[Any] = []
        held: bool | None = None
        for item in stated:
            only = next(iter(item)) if isinstance(item, dict) and len(item) == 1 else ""
            hole = _HOLE.fullmatch(only)
            if not hole or not isinstance(item, dict):
                held = None
                found += self.item(item, kind)
                continue
            body = self.listed(item[only])
            each = _EACH.fullmatch(hole[1])
            if each:
                held = None
                found += self.repeated(each[1], self.listed(self.named(each[2])), body, kind)
                continue
            holds, held = self.choice(hole[1], held)
            found += self.sequence(body, kind) if holds else []
        return found

    def item(self, item: object, kind: str) -> list[Any]:
        if isinstance(item, str) and _HOLE.fullmatch(item):
            value = self.text(item)
            return value if isinstance(value, list) else [value]
        if isinstance(item, dict) and "template" in item:
            return self.template(item, kind)
        return [self.value(item, kind)]

    def repeated(
        self, name: str, values: list[object], body: list[object], kind: str
    ) -> list[object]:
        scopes = [replace(self, each={**self.each, name: value}) for value in values]
        return [item for scope in scopes for item in scope.sequence(body, kind)]

    def choice(self, words: str, held: bool | None) -> tuple[bool, bool | None]:  # noqa: FBT001 # a state, no option
        """Return whether a branch is taken, and whether one of its chain was; None is no chain."""
        if words == "else" and held is not None:
            return not held, None
        choice = _CHOICE.fullmatch(words)
        if not choice or (choice[1] == "elseif" and held is None):
            raise self.error(f"{words!r} is not read here")
        left, right = (str(self.scalar(name)).casefold() for name in (choice[3], choice[4]))
        holds = (left == right) is (choice[2] == "eq")
        if choice[1] == "elseif":
            return holds and not held, holds or held
        return holds, holds

    def template(self, item: dict[str, Any], kind: str) -> list[Any]:
        unknown = item.keys() - {"template", "parameters"}
        self.refuse(unknown, f"template with {sorted(unknown)}")
        name = str(self.text(item["template"]))
        rooted = name.startswith("/")
        file = REPOSITORY / name[1:] if rooted else (self.file.parent / name).resolve()
        if not file.is_file():
            raise self.error(f"there is no template {name!r}")
        given = self.value(item.get("parameters", {}), "parameters")
        expanded = self.expansion.document(file, given)
        self.refuse(set(expanded) != {kind}, f"{name!r} has {sorted(expanded)} among {kind!r}")
        inner: Any = expanded[kind]
        return [inner] if isinstance(inner, dict) else list(inner)

    def text(self, text: str) -> Any:  # noqa: ANN401 # a parameter has its own type
        self.refuse("${{" in _HOLE.sub("", text), f"{text!r} is not read here")
        whole = _HOLE.fullmatch(text)
        if whole:
            return self.named(whole[1])
        return _HOLE.sub(lambda hole: str(self.scalar(hole[1])), text)

    def scalar(self, words: str) -> Any:  # noqa: ANN401 # same
        value = self.named(words)
        self.refuse(isinstance(value, list | dict), f"{words!r} is no text: {value!r}")
        return value

    def named(self, words: str) -> Any:  # noqa: ANN401 # same
        room, _, name = words.partition(".")
        quoted = _QUOTED.fullmatch(words)
        if words == "variables['Build.SourceBranch']":
            return self.expansion.branch
        if words in self.each:
            return self.each[words]
        if room == "parameters" and name in self.parameters:
            self.expansion.read.add((self.file, name))
            return self.parameters[name]
        if room == "variables" and name in self.variables:
            return self.variables[name]
        if quoted:
            return quoted[1]
        raise self.error(f"{words!r} is neither declared nor read here")

    def listed(self, body: object) -> list[object]:
        if not isinstance(body, list):
            raise self.error(f"{body!r} stands in a list and is none")
        return body

    def mapped(self, body: object) -> dict[str, object]:
        if not isinstance(body, dict):
            raise self.error(f"{body!r} stands among keys and has none")
        return body

    def refuse(self, found: object, told: str) -> None:
        if found:
            raise self.error(told)

    def error(self, told: str) -> ExpansionError:
        return ExpansionError(f"{self.file.name}: {told}")
