"""What a table holds, read without Spark: its rows, and a sum that is blind to their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from tests.delta_logs import live_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.turns import Outcome


def table_outcome(
    tables: Sequence[Path],
    columns: Sequence[str],
    *,
    named: str,
    where: pc.Expression | None = None,
) -> Outcome:
    """Return rows and digest of some columns of Delta tables together, as facts named so."""
    files = [file for table in tables for file in live_files(str(table))]
    return parquet_outcome(files, columns, named=named, where=where)


def parquet_outcome(
    files: Sequence[str],
    columns: Sequence[str],
    *,
    named: str,
    where: pc.Expression | None = None,
) -> Outcome:
    """Return rows and digest of some columns of Parquet files, as facts named so.

    A digest is the sum of a hash of each row, modulo 2 to the 64: numbers are equal if their
    doubles are, moments if their microseconds are.
    """
    rows, total = 0, 0
    for file in files:
        stored = ds.dataset(file, format="parquet")
        for batch in stored.to_batches(columns=list(columns), filter=where, batch_readahead=1):
            rows += batch.num_rows
            total += _sum_of_hashes(batch, columns)
    return {f"rows of {named}": rows, f"digest of {named}": f"{total % 2**64:016x}"}


def _sum_of_hashes(batch: pa.RecordBatch, columns: Sequence[str]) -> int:
    values = pd.DataFrame({name: _plain(batch.column(name)) for name in columns})
    hashes = pd.util.hash_pandas_object(values, index=False).to_numpy()
    return int(hashes.sum(dtype="uint64"))


def _plain(column: pa.Array) -> pd.Series:
    """Return texts as texts and all else as doubles, whatever type a writer has chosen."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.to_pandas().fillna("\0")
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", tz=kind.tz)).cast(pa.int64())
    elif pa.types.is_date(kind):
        column = column.cast(pa.date32()).cast(pa.int32())
    return column.cast(pa.float64(), safe=False).to_pandas().astype("float64")
