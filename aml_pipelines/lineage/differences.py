"""How two versions of a table differ, row by row, without reading what both have.

A data file never changes. Rows of the files that both versions have are the same in both, so that
only the others are read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from conf.columns import BROKEN_RULES, INPUT_HASH, ROW_HASH, ROW_ID
from conf.dataset_learning import SPLITS
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aml_pipelines.lineage.table_logs import TableLog

_OF_KEY = ("valid", "features", *SPLITS)
_OF_MODEL = ("scores", "rejected_scores")


@dataclass(frozen=True)
class Change:
    """A value that differs: the key of its row, and what it was in either version."""

    key: Mapping[str, Any]
    before: object
    after: object


@dataclass(frozen=True)
class TableDifference:
    """What one version of a table has, and another has not.

    `changed` counts rows that have the same key and other values, `columns` those of each column,
    with some examples; `rules` says by how many the rows that broke a rule have become more;
    `means` has those of columns of numbers, before and after, of the rows that it changed in.
    """

    rows: tuple[int, int]
    added: int
    removed: int
    changed: int
    columns: Mapping[str, tuple[int, Sequence[Change]]]
    new_columns: Sequence[str]
    lost_columns: Sequence[str]
    rules: Mapping[str, int]
    means: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)

    @property
    def is_none(self) -> bool:
        """Whether both have the same rows."""
        counts = (self.added, self.removed, self.changed)
        return not (any(counts) or self.new_columns or self.lost_columns)


def key_of(table: str, columns: Iterable[str], contract_key: Sequence[str]) -> list[str]:
    """Return the columns that tell the rows of a table apart.

    Raises UserError where neither its dataset's key nor an id of rows is among its columns.
    """
    name, there = table.rpartition("/")[2], set(columns)
    key = [ROW_ID if column == "row_id" else column for column in contract_key]
    if name in _OF_MODEL:
        key += ["model_name", "model_version"]
    elif name not in _OF_KEY:
        key = [ROW_ID]
    if not there.issuperset(key):
        missing = ", ".join(column for column in key if column not in there)
        raise UserError(f"{table} has no {missing}, by which its rows are told apart")
    return key


def compare(
    log: TableLog, first: int, second: int, key: Sequence[str], *, examples: int
) -> TableDifference:
    """Compare two versions of a table whose rows `key` tells apart; at most so many examples."""
    files = {version: dict.fromkeys(log.data_files(version)) for version in (first, second)}
    before = log.read([file for file in files[first] if file not in files[second]])
    after = log.read([file for file in files[second] if file not in files[first]])
    rows = (log.count(files[first]), log.count(files[second]))
    return _difference(before, after, key, rows=rows, examples=examples)


def compare_lakes(
    first: TableLog, second: TableLog, key: Sequence[str], *, without: Iterable[str], examples: int
) -> TableDifference:
    """Compare a table of two lakes in its newest versions, but for the columns `without`.

    A table without rows has no data file, and no columns but those of the other one.
    """
    before, after = (log.read(log.newest_files) for log in (first, second))
    if not before.column_names and not after.column_names:
        return TableDifference((0, 0), 0, 0, 0, {}, (), (), {})
    if not before.column_names or not after.column_names:
        filled = before if before.column_names else after
        before, after = (one if one.column_names else filled.slice(0, 0) for one in (before, after))
    before, after = (
        rows.select([name for name in rows.column_names if name not in {*without}])
        for rows in (before, after)
    )
    return _difference(before, after, key, rows=(len(before), len(after)), examples=examples)


def _difference(
    before: pa.Table,
    after: pa.Table,
    key: Sequence[str],
    *,
    rows: tuple[int, int],
    examples: int,
) -> TableDifference:
    shared = [name for name in before.column_names if name in after.column_names]
    pairs = _pairs(before, after, key)
    both = pairs.drop_null()
    olds, news = before.take(both["before"]), after.take(both["after"])
    compared = [name for name in shared if name not in (*key, ROW_HASH)]
    unlike = {name: _unlike(olds[name], news[name]) for name in compared}
    return TableDifference(
        rows=rows,
        added=pairs["before"].null_count,
        removed=pairs["after"].null_count,
        changed=len(set().union(*unlike.values())),
        columns={
            name: (len(places), _examples(olds, news, name, key, places[:examples]))
            for name, places in unlike.items()
            if places
        },
        new_columns=[name for name in after.column_names if name not in shared],
        lost_columns=[name for name in before.column_names if name not in shared],
        rules=_rules(before, after),
        means={
            name: (_mean(olds[name], places), _mean(news[name], places))
            for name, places in unlike.items()
            if places and _have_means(name, olds[name].type, news[name].type)
        },
    )


def _pairs(before: pa.Table, after: pa.Table, key: Sequence[str]) -> pa.Table:
    """Return for each key the place of its row before and after; null where there is none."""
    left, right = (
        rows.select(key).append_column(name, pa.array(range(len(rows)), pa.int64()))
        for name, rows in (("before", before), ("after", after))
    )
    return left.join(right, list(key), join_type="full outer").select(["before", "after"])


def _unlike(before: pa.ChunkedArray, after: pa.ChunkedArray) -> list[int]:
    """Return the places at which two columns differ; null is like null, and NaN like NaN."""
    if not len(before):
        return []  # Arrow 19 ends the process where it is to find places in no chunk
    if before.type != after.type or pa.types.is_nested(before.type):
        pairs = zip(before.to_pylist(), after.to_pylist(), strict=True)
        return [place for place, (old, new) in enumerate(pairs) if old != new]
    same = pc.fill_null(pc.equal(before, after), False)  # noqa: FBT003 # Arrow's own
    both_null = pc.and_(pc.is_null(before, nan_is_null=True), pc.is_null(after, nan_is_null=True))
    places: list[int] = pc.indices_nonzero(pc.invert(pc.or_(same, both_null))).to_pylist()
    return places


def _mean(column: pa.ChunkedArray, places: Sequence[int]) -> float | None:
    """Return the mean at some places; None where all of them are null."""
    mean: float | None = pc.mean(column.take(pa.array(places, pa.int64()))).as_py()
    return mean


def _have_means(name: str, *types: pa.DataType) -> bool:
    """Return whether a column is of numbers, and not of hashes."""
    is_own = name.startswith("_") or name == INPUT_HASH
    return not is_own and all(pa.types.is_integer(t) or pa.types.is_floating(t) for t in types)


def _examples(
    before: pa.Table, after: pa.Table, name: str, key: Sequence[str], places: Sequence[int]
) -> list[Change]:
    return [
        Change(
            {column: after[column][place].as_py() for column in key},
            before[name][place].as_py(),
            after[name][place].as_py(),
        )
        for place in places
    ]


def _rules(before: pa.Table, after: pa.Table) -> dict[str, int]:
    old, new = (
        Counter(rule for rules in rows[BROKEN_RULES].to_pylist() for rule in rules or ())
        if BROKEN_RULES in rows.column_names
        else Counter[str]()
        for rows in (before, after)
    )
    return {rule: new[rule] - old[rule] for rule in sorted(old | new) if new[rule] != old[rule]}
