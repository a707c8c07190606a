"""What a node did to tables, written beside them: rows in, out and set aside, and exact versions.

A receipt holds nothing that differs between two runs over the same data, so that the nodes bound
to it can be reused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

FILE_NAME = "receipt.json"


# Per column: its kind, its nulls, and a digest of its values (see checksum.py).
Checksum = Mapping[str, Mapping[str, float | int | str | None]]


class ReceiptError(ValueError):
    """A receipt lacks what a step needs, or its counts do not add up."""


@dataclass(frozen=True)
class Counts:
    """How the rows of a table came about, and the checksum of tables that are published."""

    rows_in: int
    rows_out: int
    set_aside: Mapping[str, int] = field(default_factory=dict)
    checksum: Checksum = field(default_factory=dict)


@dataclass(frozen=True)
class TableReceipt:
    """One version of one table, and how its rows came about."""

    uri: str
    id: str
    version: int
    rows_in: int
    rows_out: int
    set_aside: Mapping[str, int] = field(default_factory=dict)
    schema_hash: str = ""
    checksum: Checksum = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """The tables that one step has left, by name, with a line for people and further counts."""

    step: str
    dataset: str
    headline: str
    tables: Mapping[str, TableReceipt]
    details: Mapping[str, object] = field(default_factory=dict)

    def table(self, name: str) -> TableReceipt:
        if name not in self.tables:
            raise ReceiptError(
                f"receipt of {self.step!r} has no table {name!r}; it has {sorted(self.tables)}"
            )
        return self.tables[name]

    def detail(self, name: str) -> tuple[str, ...]:
        """Give a list of strings from the details."""
        found = self.details.get(name)
        if not isinstance(found, list | tuple):
            raise ReceiptError(f"receipt of {self.step!r} has no detail {name!r}")
        return tuple(str(item) for item in found)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


def parse_receipt(text: str) -> Receipt:
    """Read a receipt back from its JSON text."""
    try:
        found = json.loads(text)
        tables = {name: TableReceipt(**table) for name, table in found.pop("tables").items()}
        return Receipt(tables=tables, **found)
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise ReceiptError(f"{FILE_NAME} is not a receipt: {error}") from error


def check_balance(what: str, *, rows_in: int, rows_out: int, set_aside: Mapping[str, int]) -> None:
    """Hold the invariant of every step: rows in = rows out + rows set aside with a reason."""
    aside = sum(set_aside.values())
    if rows_in != rows_out + aside:
        raise ReceiptError(
            f"{what}: {rows_in} rows came in, {rows_out} went out and {aside} were set aside "
            f"({dict(set_aside)}); {rows_in - rows_out - aside} are unaccounted for"
        )
