"""Counts and sums of values by day, slice and bin, in NumPy: of the rows of one partition.

Spark's workers have no spark_jobs: `cell_counts` sends them this module by value. It imports no
function of this project.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from conf.profile_columns import DAY, MAXIMUM, MINIMUM, NULLS, ROWS, SLICE, SQUARES, TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Numbers = NDArray[np.float64]

# Of rows, before they are profiled.
SLICES, IS_LATE, ROW_DIGEST = "_slices", "_is_late", "_row_digest"
# Of the profile of all rows: days of the same digest have the same rows.
DIGEST = "digest"
NUMBERED = "_number"  # the place of a column among those that are profiled; the last is all rows
COUNT, SUM = "_count_", "_sum_"  # with the number of the bin
OF_COLUMN = "_column_"  # with its place
# So many days and slices are held at once, times columns and bins: 140 MB of 30 columns.
MOST_GROUPS = 10_000
# What a chunk costs follows from its days and slices, too: 100,000 rows are 30 MB of 30 columns.
CHUNK_ROWS = 100_000
NO_DAY = -(2**31)


@dataclass(frozen=True)
class BinnedColumn:
    """How a column is binned: a number by the upper ends of bins, a text by its value."""

    is_number: bool
    edges: tuple[float, ...]
    texts: tuple[str, ...]

    def cells_of(self, values: pa.Array, *, null: int) -> tuple[Integers, Numbers]:
        """Return the bin (n,) of each value, and the number (n,) that it is, or 0.

        Null is of the bin `null`.
        """
        is_null = values.is_null().to_numpy(zero_copy_only=False)
        if self.is_number:
            numbers = values.fill_null(0.0).to_numpy(zero_copy_only=False)
            places = np.searchsorted(np.array(self.edges, "float64"), numbers, side="left")
        else:
            found = pc.index_in(values, value_set=pa.array(self.texts, pa.string()))
            places = found.fill_null(len(self.texts)).to_numpy(zero_copy_only=False)
            numbers = np.zeros(len(places))
        return np.where(is_null, null, places), numbers


@dataclass(frozen=True)
class Groups:
    """The days and slices of a chunk: `keys` (k,), and the cells that are of each.

    A row has a cell in each of its slices. `rows` (c,) are the rows of cells, in the order of their
    groups `of_cells` (c,), which begin at `starts` (k,).
    """

    keys: Sequence[tuple[int, str]]
    rows: Integers
    of_cells: Integers
    starts: Integers


class Sums:
    """What groups add up to in a column: counts and sums of bins (k, most), and the rest (k,)."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.counts, self.sums = np.zeros((0, most), "int64"), np.zeros((0, most))
        self.whole = np.zeros((0, 3), "int64")  # rows, nulls, digest
        self.least, self.greatest = np.zeros(0), np.zeros(0)
        self.squares = np.zeros(0)

    def make_room(self, size: int) -> None:
        """Hold at least so many groups; new ones have nothing."""
        more = max(size, 2 * len(self.least)) - len(self.least)
        if size <= len(self.least):
            return
        self.counts = np.concatenate([self.counts, np.zeros((more, self.most), "int64")])
        self.sums = np.concatenate([self.sums, np.zeros((more, self.most))])
        self.whole = np.concatenate([self.whole, np.zeros((more, 3), "int64")])
        self.least = np.concatenate([self.least, np.full(more, np.inf)])
        self.greatest = np.concatenate([self.greatest, np.full(more, -np.inf)])
        self.squares = np.concatenate([self.squares, np.zeros(more)])

    def add(self, at: Integers, groups: Groups, places: Integers, numbers: Numbers | None) -> None:
        """Add rows by their bins (n,), the last of which is null, and numbers (n,) if they are any.

        `at` (k,) are the places of the groups here.
        """
        size, width = len(groups.starts), self.most + 1
        of_bins = places[groups.rows]
        cells = groups.of_cells * width + of_bins
        counts = np.bincount(cells, minlength=size * width).reshape(size, width)
        self.counts[at] += counts[:, : self.most]
        self.whole[at, 0] += counts.sum(axis=1)
        self.whole[at, 1] += counts[:, self.most]
        if numbers is None:
            return
        is_there, values = of_bins < self.most, numbers[groups.rows]
        known = np.where(is_there, values, 0.0)
        sums = np.bincount(cells, weights=known, minlength=size * width).reshape(size, width)
        self.sums[at] += sums[:, : self.most]
        self.squares[at] += np.add.reduceat(known * known, groups.starts)
        lows = np.minimum.reduceat(np.where(is_there, values, np.inf), groups.starts)
        highs = np.maximum.reduceat(np.where(is_there, values, -np.inf), groups.starts)
        self.least[at] = np.minimum(self.least[at], lows)
        self.greatest[at] = np.maximum(self.greatest[at], highs)

    def add_digests(self, at: Integers, groups: Groups, digests: Integers) -> None:
        """Add the hashes of rows (n,): the exclusive or of those of a group."""
        self.whole[at, 2] ^= np.bitwise_xor.reduceat(digests[groups.rows], groups.starts)

    def told(self, size: int) -> Mapping[str, pa.Array]:
        """Return the first groups as columns of a table."""
        bounds = {MINIMUM: self.least[:size], MAXIMUM: self.greatest[:size]}
        return {
            ROWS: pa.array(self.whole[:size, 0]),
            NULLS: pa.array(self.whole[:size, 1]),
            **{name: pa.array(each, mask=np.isinf(each)) for name, each in bounds.items()},
            TOTAL: pa.array(self.sums[:size].sum(axis=1)),
            SQUARES: pa.array(self.squares[:size]),
            DIGEST: pa.array(self.whole[:size, 2]),
            **{f"{COUNT}{n}": pa.array(self.counts[:size, n]) for n in range(self.most)},
            **{f"{SUM}{n}": pa.array(self.sums[:size, n]) for n in range(self.most)},
        }


class Partition:
    """The sums of all columns, and of all rows, by the days and slices seen so far."""

    def __init__(self, columns: Sequence[BinnedColumn], most: int) -> None:
        self._columns, self._most = columns, most
        self._places: dict[tuple[int, str], int] = {}
        self._sums = [Sums(most) for _ in range(len(columns) + 1)]

    def __len__(self) -> int:
        return len(self._places)

    def add(self, chunk: pa.RecordBatch) -> None:
        """Add rows: DAY, SLICES, IS_LATE, ROW_DIGEST, and the columns by their places."""
        groups = _groups_of(chunk)
        places = self._places
        at = np.array([places.setdefault(key, len(places)) for key in groups.keys], "int64")
        for each in self._sums:
            each.make_room(len(places))
        for number, column in enumerate(self._columns):
            values = chunk.column(f"{OF_COLUMN}{number}")
            bins, numbers = column.cells_of(values, null=self._most)
            self._sums[number].add(at, groups, bins, numbers if column.is_number else None)
        is_late = chunk.column(IS_LATE).to_numpy(zero_copy_only=False).astype("int64")
        self._sums[-1].add(at, groups, is_late, None)
        digests = chunk.column(ROW_DIGEST).to_numpy(zero_copy_only=False)
        self._sums[-1].add_digests(at, groups, digests)

    def told(self) -> Iterator[pa.RecordBatch]:
        """Yield a row for each day, slice and column: a batch for each column."""
        days = pa.array([None if day == NO_DAY else day for day, _ in self._places], pa.int32())
        texts = pa.array([text for _, text in self._places], pa.string())
        for number, each in enumerate(self._sums):
            numbered = pa.array(np.full(len(self), number, "int32"))
            by = {DAY: days.cast(pa.date32()), SLICE: texts, NUMBERED: numbered}
            yield pa.RecordBatch.from_pydict({**by, **each.told(len(self))})


def summed_up(
    batches: Iterable[pa.RecordBatch], columns: Sequence[BinnedColumn], most: int
) -> Iterator[pa.RecordBatch]:
    """Yield what the rows of a partition add up to, each day and slice once or a few times."""
    partition = Partition(columns, most)
    for chunk in _chunks(batches):
        partition.add(chunk)
        if len(partition) > MOST_GROUPS:
            yield from partition.told()
            partition = Partition(columns, most)
    if len(partition):
        yield from partition.told()


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= CHUNK_ROWS:
            yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()
            waiting = []
    if waiting:
        yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()


def _groups_of(chunk: pa.RecordBatch) -> Groups:
    lists = chunk.column(SLICES)
    rows = np.repeat(np.arange(len(chunk)), pc.list_value_length(lists).to_numpy())
    coded = lists.flatten().dictionary_encode()
    texts = coded.dictionary.to_pylist()
    stated = chunk.column(DAY).cast(pa.int32()).fill_null(NO_DAY).to_numpy()
    days, of_rows = np.unique(stated, return_inverse=True)
    of_cells = of_rows[rows] * len(texts) + coded.indices.to_numpy()
    found, groups = np.unique(of_cells, return_inverse=True)
    order = np.argsort(groups, kind="stable")
    keys = [(int(days[key // len(texts)]), texts[key % len(texts)]) for key in found.tolist()]
    starts = np.searchsorted(groups[order], np.arange(len(keys)))
    return Groups(keys, rows[order], groups[order], starts)
