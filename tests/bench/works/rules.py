"""Rows judged by 16 and by 64 rules, with quarantine and counts, against a write without rules."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from conf.columns import LINEAGE
from spark_jobs.clean import clean_dataset
from spark_jobs.conform import cast_text, present_text
from spark_jobs.row_changes import with_row_hash
from tests.bench.delta_digests import table_outcome
from tests.bench.flights_rules import KEY, flights_with_rules
from tests.bench.raw_flights import raw_flights
from tests.bench.session import bench_session
from tests.bench.steps import ingest
from tests.bench.turns import Aim, Way, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spark_jobs.receipt import TableReceipt
    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

AIMS = {16: 1.15, 64: 1.4}


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield one work for each number of rules; all ways begin at bronze, and keep every key."""
    raw, lake = raw_flights(size), folder / "lake"
    raw.link_into(lake)
    bronze = ingest(lake, flights_with_rules(16)).table
    for rules, limit in AIMS.items():
        ours = _Judged(bronze, folder / f"judged-{rules}", rules)
        plain = _Plain(bronze, folder / f"plain-{rules}")
        yield Work(
            f"clean by {rules} rules",
            Way(f"{rules} rules, quarantine, counts", raw.rows, ours.do, ours.outcome),
            [
                (
                    Way("the same write without rules", raw.rows, plain.do, plain.outcome),
                    Aim("ratio", limit),
                )
            ],
            note="Beside those that types and a key imply; our way looks for duplicates of a key "
            "too. The other way casts and writes.",
            warms=not size.is_small,  # which is there to compare outcomes
        )


class _Judged:
    """Our way: each turn makes its tables in a lake of its own."""

    def __init__(self, bronze: TableReceipt, folder: Path, rules: int) -> None:
        self._bronze = bronze
        self._contract = flights_with_rules(rules)
        self._lakes = (folder / str(turn) for turn in count())
        self._lake = folder

    def do(self) -> None:
        self._lake = next(self._lakes)
        clean_dataset(bench_session(), self._bronze, self._contract, lake_uri=str(self._lake))

    def outcome(self) -> Outcome:
        places = ("silver/flights/valid", "silver/flights/duplicates", "quarantine/flights/rows")
        return table_outcome([self._lake / place for place in places], KEY, named="all flights")


class _Plain:
    """The same types and columns, cast and written, and nothing else."""

    def __init__(self, bronze: TableReceipt, folder: Path) -> None:
        self._bronze = bronze
        self._contract = flights_with_rules(16)
        self._tables = (folder / str(turn) for turn in count())
        self._table = folder

    def do(self) -> None:
        self._table = next(self._tables)
        rows = bench_session().read.format("delta").load(self._bronze.uri)
        typed = rows.select(
            *LINEAGE,
            *(
                cast_text(
                    present_text(column.name, null_values=self._contract.null_values), column
                ).alias(column.name)
                for column in self._contract.columns
            ),
        )
        hashed = with_row_hash(typed, self._contract.column_names)
        hashed.write.format("delta").save(str(self._table))

    def outcome(self) -> Outcome:
        return table_outcome([self._table], KEY, named="all flights")
