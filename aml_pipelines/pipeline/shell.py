"""Inserts values into a command so that a shell reads each as text, whatever it holds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from aml_pipelines.pipeline.expressions import Reference, kept_parts
from conf.errors import UserError

_SAFE = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
# Characters of Unicode's private use area, which no command has.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")
Resolve = Callable[[Reference], str | None]


def placed(inputs: Mapping[str, str | None], outputs: Mapping[str, str]) -> Resolve:
    """Return the function that resolves `inputs.NAME` and `outputs.NAME` to these texts."""

    def resolve(reference: Reference) -> str | None:
        port, _, name = reference.path.partition(".")
        return inputs[name] if port == "inputs" else outputs[name]

    return resolve


class UnquotableError(UserError):
    """A value with shell characters stands where no quoting protects it."""


def resolved_command(template: str, resolve: Resolve) -> str:
    """Return the shell command of `template`, each value escaped for the quotes around it.

    Raises UnquotableError for a value with shell characters inside backticks or a here-document.
    """
    shell = _ShellText()
    for part in kept_parts(template, lambda reference: resolve(reference) is not None):
        if isinstance(part, str):
            shell.read(part)
        else:
            shell.insert(resolve(part) or "")
    return shell.text


def resolved_arguments(template: str, resolve: Resolve) -> list[str]:
    """Return the arguments of `template`; a value is never split, whatever it holds."""
    values: list[str] = []
    marked = ""
    for part in kept_parts(template, lambda reference: resolve(reference) is not None):
        if isinstance(part, str):
            marked += part
        else:
            marked += _MARK.format(len(values))
            values.append(resolve(part) or "")
    return [
        _MARKED.sub(lambda mark: values[int(mark[1])], argument) for argument in shlex.split(marked)
    ]


# Our own, not shlex or bashlex: it must know which quotes are open where a value goes in. Property
# tests run its results in a real shell.
class _ShellText:
    """Shell text while it grows, with the quotes that are open at its end."""

    def __init__(self) -> None:
        self.text = ""
        self.open = [""]  # innermost last: "", "'", '"', "$(", "(", "`" or "#"

    def read(self, text: str) -> None:
        escaped = False
        for index, character in enumerate(text):
            if escaped:
                escaped = False
            elif character == "\\" and self.open[-1] not in ("'", "#"):
                escaped = True
            else:
                self._step(character, (self.text + text[:index])[-1:])
        self.text += text

    def _step(self, character: str, before: str) -> None:
        innermost = self.open[-1]
        if innermost in ("'", "#"):
            if character == {"'": "'", "#": "\n"}[innermost]:
                self.open.pop()
        elif innermost == character and character in ('"', "`"):
            self.open.pop()
        elif character == "`" or (character == "(" and before == "$"):
            self.open.append(character)
        elif innermost != '"':
            self._step_unquoted(character, before)

    def _step_unquoted(self, character: str, before: str) -> None:
        if character in ("'", '"', "("):
            self.open.append(character)
        elif character == "#" and (not before or before in " \t\n;"):
            self.open.append("#")
        elif character == ")" and self.open[-1] == "(":
            self.open.pop()

    def insert(self, value: str) -> None:
        if _SAFE.fullmatch(value):
            self.text += value
        elif "`" in self.open or "<<" in self.text or self.open[-1] == "#":
            raise UnquotableError(
                f"{value!r} has shell characters and stands within backticks, a here-document or "
                "a comment; put it in double quotes on a line of its own"
            )
        elif self.open[-1] == '"':
            self.text += re.sub(r'([\\"$`])', r"\\\1", value)
        elif self.open[-1] == "'":
            self.text += value.replace("'", "'\\''")
        else:
            self.text += shlex.quote(value)
