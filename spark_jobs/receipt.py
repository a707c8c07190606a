"""The receipt of a step: the versions of tables that it left, with rows in, out and set aside.

A receipt holds nothing that differs between two runs over the same data, so that the nodes bound
to it can be reused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_jobs.delta_log import TableState

FILE_NAME = "receipt.json"

# Per column: its kind, its nulls, and a digest of its values (see checksum.py).
Checksum = Mapping[str, Mapping[str, float | int | str | None]]


class ReceiptError(ValueError):
    """A receipt lacks what a step needs, or its counts do not add up."""


@dataclass(frozen=True)
class Counts:
    """The rows that came in, went out and were set aside, and the checksum of a published table."""

    rows_in: int
    rows_out: int
    set_aside: Mapping[str, int] = field(default_factory=dict)
    checksum: Checksum = field(default_factory=dict)


@dataclass(frozen=True)
class TableReceipt:
    """One version of one table, with its counts.

    `commit` tells it from another version that has had the same number (see TableState); empty
    where nothing has told it.
    """

    uri: str
    id: str
    version: int
    rows_in: int
    rows_out: int
    set_aside: Mapping[str, int] = field(default_factory=dict)
    schema_hash: str = ""
    checksum: Checksum = field(default_factory=dict)
    commit: str = ""


def table_receipt(state: TableState, counts: Counts, *, schema_hash: str) -> TableReceipt:
    """Return the receipt of a table's state, which tells its version from all others."""
    return TableReceipt(
        state.uri,
        state.id,
        state.version,
        **asdict(counts),
        schema_hash=schema_hash,
        commit=state.commit,
    )


@dataclass(frozen=True)
class Receipt:
    """The tables that one step has left, as `name_tables` names them, with a line for people.

    `ingestion_ids` are those of the files that were there, by dataset; `assets` are references of
    what was registered. No step reads `details`: they are for people and their tools.
    """

    step: str
    dataset: str
    headline: str
    tables: Mapping[str, TableReceipt]
    ingestion_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assets: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)

    def table(self, table: str, *, of: str | None = None) -> TableReceipt:
        """Return a table of the receipt's dataset, or of the related dataset `of`."""
        name = table_name(of or self.dataset, table)
        if name not in self.tables:
            raise ReceiptError(
                f"receipt of {self.step!r} has no table {name!r}; it has {sorted(self.tables)}"
            )
        return self.tables[name]

    def tables_if_there(self, *tables: str) -> dict[str, TableReceipt]:
        """Return those of the dataset's `tables` that the step has written."""
        names = {table: table_name(self.dataset, table) for table in tables}
        return {table: self.tables[n] for table, n in names.items() if n in self.tables}

    def ingested(self, dataset: str) -> tuple[str, ...]:
        """Return the ingestion ids of a dataset."""
        if dataset not in self.ingestion_ids:
            raise ReceiptError(
                f"receipt of {self.step!r} has no ingestion ids of {dataset!r}; it has those of "
                f"{sorted(self.ingestion_ids)}"
            )
        return self.ingestion_ids[dataset]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


def table_name(dataset: str, table: str) -> str:
    """Compose the name that a table has on every receipt."""
    return f"{dataset}/{table}"


def name_tables(dataset: str, tables: Mapping[str, TableReceipt]) -> dict[str, TableReceipt]:
    """Name the tables of a dataset for a receipt."""
    return {table_name(dataset, table): receipt for table, receipt in tables.items()}


def parse_receipt(text: str) -> Receipt:
    """Read a receipt back from its JSON text."""
    try:
        stored = json.loads(text)
        tables = {name: TableReceipt(**table) for name, table in stored.pop("tables").items()}
        ids = {name: tuple(listed) for name, listed in stored.pop("ingestion_ids").items()}
        assets = tuple(stored.pop("assets"))
        return Receipt(tables=tables, ingestion_ids=ids, assets=assets, **stored)
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise ReceiptError(f"{FILE_NAME} is not a receipt: {error}") from error


def check_balance(what: str, *, rows_in: int, rows_out: int, set_aside: Mapping[str, int]) -> None:
    """Check the invariant of every step: rows in = rows out + rows set aside with a reason."""
    aside = sum(set_aside.values())
    if rows_in != rows_out + aside:
        raise ReceiptError(
            f"{what}: {rows_in} rows came in, {rows_out} went out and {aside} were set aside "
            f"({dict(set_aside)}); {rows_in - rows_out - aside} are unaccounted for"
        )
