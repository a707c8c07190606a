"""The values of a node's inputs: a constant, data, another node's output, or missing data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """Data that does not exist yet; `why` says which run would make it."""

    type: str
    reference: str
    why: str


@dataclass(frozen=True)
class Produced:
    """An output of another node of the same plan."""

    type: str
    node: str
    output: str


Value = Constant | Data | Missing | Produced


def mismatch(port: InputPort, value: Value) -> str:
    """Return why `port` cannot take `value`; empty when it can."""
    if isinstance(value, Constant):
        return _constant_mismatch(port, value)
    if not port.is_data:
        return f"takes {port.type!r}, but is given data of type {value.type!r}"
    if port.type != value.type:
        return f"takes {port.type!r}, but is given {value.type!r}"
    return ""


def _constant_mismatch(port: InputPort, constant: Constant) -> str:
    if port.is_data:
        return (
            f"takes data of type {port.type!r}, but is given the value {constant.value!r}; "
            f"write {{type: {port.type}, path: …}}"
        )
    if constant.declared not in ("", port.type) and (constant.declared, port.type) != (
        "integer",
        "number",
    ):
        return f"takes {port.type!r}, but is given an input of type {constant.declared!r}"
    if not _is_of_type(port.type, constant.value):
        return f"takes {port.type!r}, but is given {constant.value!r}"
    return _out_of_range(port, constant.text)


def _is_of_type(kind: str, value: float | str) -> bool:
    # Azure takes any literal for a string, and text that can be read as a number for a number.
    if kind == "string":
        return True
    if kind == "boolean":
        return isinstance(value, bool) or str(value).lower() in ("true", "false")
    try:
        (int if kind == "integer" else float)(str(value))
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
