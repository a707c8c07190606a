"""The values of a node's inputs: a constant, data, another node's output, or missing data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.spec import LITERAL_TYPES

if TYPE_CHECKING:
    from aml_pipelines.pipeline.spec import InputPort
    from conf.yaml_lines import Place


@dataclass(frozen=True)
class Constant:
    """A literal; `declared` is its type where the YAML states one, else empty."""

    value: str | int | float | bool
    declared: str = ""

    @property
    def text(self) -> str:
        """The text that Azure passes to a command, which is Python's str of it."""
        return str(self.value)


@dataclass(frozen=True)
class Data:
    """Existing data: its type, and its location, which is a path here or a URI in Azure."""

    type: str
    location: str
    reference: str


@dataclass(frozen=True)
class Missing:
    """Data that does not exist yet; `why` says which run would make it.

    `location` is where it would be, if that is known: a node of the same run may make it.
    """

    type: str
    reference: str
    why: str
    location: str = ""


@dataclass(frozen=True)
class Produced:
    """An output of another node of the same plan, or what is at the path `inside` it.

    An output of a literal's type is a file, whose content is the value.
    """

    type: str
    node: str
    output: str
    inside: str = ""

    @property
    def is_literal(self) -> bool:
        return self.type in LITERAL_TYPES


@dataclass(frozen=True)
class Unresolved:
    """A value that cannot be known for a reason that was reported already."""

    type: str = ""


Value = Constant | Data | Missing | Produced | Unresolved


def mismatch(port: InputPort, value: Value) -> str:
    """Return why `port` cannot take `value`; empty when it can."""
    if isinstance(value, Constant):
        return _constant_mismatch(port, value)
    if isinstance(value, Unresolved):
        return ""
    # Azure mixes all types of data: each is a path.
    is_data = not (isinstance(value, Produced) and value.is_literal)
    if port.is_data == is_data:
        return ""
    given = "data" if is_data else "a value"
    return f"takes {port.type!r}, but is given {given} of type {value.type!r}"


def _constant_mismatch(port: InputPort, constant: Constant) -> str:
    if port.is_data:
        return (
            f"takes data of type {port.type!r}, but is given the value {constant.value!r}; "
            f"write {{type: {port.type}, path: …}}"
        )
    if not _is_of_type(port.type, constant.value):
        return f"takes {port.type!r}, but is given {constant.value!r}"
    return _out_of_range(port, constant.text)


def _is_of_type(kind: str, value: float | str) -> bool:
    # Azure takes any literal for a string, and any number for an integer: it passes the text on.
    if kind == "string":
        return True
    if kind == "boolean":
        return isinstance(value, bool) or str(value).lower() in ("true", "false")
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _out_of_range(port: InputPort, text: str) -> str:
    if port.choices and text not in port.choices:
        return f"is given {text!r}; it is one of {', '.join(port.choices)}"
    if port.minimum is not None and float(text) < port.minimum:
        return f"is given {text}, which is below its min {port.minimum:g}"
    if port.maximum is not None and float(text) > port.maximum:
        return f"is given {text}, which is above its max {port.maximum:g}"
    return ""


@dataclass(frozen=True)
class BoundInput:
    """An input of a node with its value, which only an optional input may lack."""

    port: InputPort
    type: str
    mode: str
    value: Value | None
    place: Place

    @property
    def is_data(self) -> bool:
        """Whether the value is a file or a folder: no literal, not that of another node either."""
        is_literal = isinstance(self.value, Constant) or self.is_literal_output
        return self.value is not None and not is_literal

    @property
    def is_literal_output(self) -> bool:
        return isinstance(self.value, Produced) and self.value.is_literal
