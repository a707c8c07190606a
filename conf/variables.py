"""Fill in variables in the values of a document: `${NAME}` and `${NAME:-default}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*)(?::-(?P<default>[^}]*))?\}")


class Filled:
    """A document's values with variables filled in, and in `lacking` those without a value."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.lacking: list[str] = []

    def mapping(self, values: Mapping[str, object], where: str = "") -> dict[str, object]:
        return {name: self._value(value, f"{where}{name}") for name, value in values.items()}

    def _value(self, value: object, where: str) -> object:
        if isinstance(value, dict):
            return self.mapping(value, f"{where}.")
        if not isinstance(value, str):
            return value

        def fill(match: re.Match[str]) -> str:
            value = self._environment.get(match["name"]) or match["default"]
            if value is None:
                self.lacking.append(f"{where}: the variable {match['name']} is not set")
                return match[0]
            return value

        return _VARIABLE.sub(fill, value)
