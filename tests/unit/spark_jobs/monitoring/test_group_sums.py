"""Cells are summed up the same, however rows come in batches and groups are held."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyspark import cloudpickle

from conf.profile_columns import NUMBER, TEXT
from spark_jobs.monitoring import group_sums
from spark_jobs.monitoring.bins import Bins
from spark_jobs.monitoring.cell_counts import sent_by_value, summing
from spark_jobs.monitoring.group_sums import BinnedColumn, summed_up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KM = BinnedColumn(is_number=True, edges=(1.0, 5.0), texts=())
CITY = BinnedColumn(is_number=False, edges=(), texts=("Ulm",))
MOST = 3
DAYS = [dt.date(2024, 1, 1), dt.date(2024, 1, 2), None]
Key = tuple[dt.date | None, str, int]


def some_rows() -> list[dict[str, Any]]:
    random = Random(5)  # noqa: S311 # the same rows each time
    return [
        {
            "day": random.choice(DAYS),
            "_slices": random.choice([["all"], ["all", "city=Ulm"], ["all", "scored"]]),
            "_is_late": random.random() < 0.5,
            "_row_digest": random.randrange(-(2**63), 2**63),
            "_column_0": random.choice([None, 0.5, 1.0, 1.5, 5.0, 7.25]),
            "_column_1": random.choice([None, "Ulm", "Köln"]),
        }
        for _ in range(200)
    ]


def batches(rows: list[dict[str, Any]], size: int) -> Iterable[pa.RecordBatch]:
    schema = pa.schema(
        {
            "day": pa.date32(),
            "_slices": pa.list_(pa.string()),
            "_is_late": pa.bool_(),
            "_row_digest": pa.int64(),
            "_column_0": pa.float64(),
            "_column_1": pa.string(),
        }
    )
    for start in range(0, len(rows), size):
        yield pa.RecordBatch.from_pylist(rows[start : start + size], schema)


def added_up(told: Iterable[pa.RecordBatch]) -> dict[Key, dict[str, Any]]:
    """Add up what a partition yields more than once, as Spark does."""
    found: dict[Key, dict[str, Any]] = {}
    for row in (row for batch in told for row in batch.to_pylist()):
        key = (row.pop("day"), row.pop("slice"), row.pop("_number"))
        before = found.setdefault(key, defaultdict(int))
        lows = [
            each for each in (before.pop("minimum", None), row.pop("minimum")) if each is not None
        ]
        highs = [
            each for each in (before.pop("maximum", None), row.pop("maximum")) if each is not None
        ]
        digest = before.pop("digest", 0) ^ row.pop("digest")
        bounds = {"minimum": min(lows, default=None), "maximum": max(highs, default=None)}
        added = {name: before[name] + value for name, value in row.items()}
        found[key] = defaultdict(int, {**added, **bounds, "digest": digest})
    return {key: dict(values) for key, values in found.items()}


def expected(rows: list[dict[str, Any]], key: Key) -> dict[str, Any]:
    """Sum up the cells of one day, slice and column, one after the other."""
    day, part, number = key
    of_group = [row for row in rows if row["day"] == day and part in row["_slices"]]
    counts, sums, digest = [0] * MOST, [0.0] * MOST, 0
    numbers: list[float] = []
    nulls = 0
    for row in of_group:
        value = row["_is_late"] if number == 2 else row[f"_column_{number}"]
        if number == 2:
            counts[int(value)] += 1
            digest ^= row["_row_digest"]
        elif value is None:
            nulls += 1
        elif number == 1:
            counts[0 if value == "Ulm" else 1] += 1
        else:
            place = 0 if value <= 1 else 1 if value <= 5 else 2
            counts[place] += 1
            sums[place] += value
            numbers.append(value)
    return {
        "rows": len(of_group),
        "nulls": nulls,
        "minimum": min(numbers, default=None),
        "maximum": max(numbers, default=None),
        "total": sum(numbers),
        "squares": sum(value**2 for value in numbers),
        "digest": digest,
        **{f"_count_{place}": counts[place] for place in range(MOST)},
        **{f"_sum_{place}": sums[place] for place in range(MOST)},
    }


@pytest.mark.parametrize(
    ("batch", "chunk", "most_groups"), [(200, 1000, 1000), (7, 20, 1000), (7, 20, 2)]
)
def test_each_cell_counts_once_in_its_day_slice_and_bin(
    monkeypatch: pytest.MonkeyPatch, batch: int, chunk: int, most_groups: int
) -> None:
    monkeypatch.setattr(group_sums, "CHUNK_ROWS", chunk)
    monkeypatch.setattr(group_sums, "MOST_GROUPS", most_groups)
    rows = some_rows()
    found = added_up(summed_up(batches(rows, batch), [KM, CITY], MOST))
    parts = ("all", "city=Ulm", "scored")
    assert found.keys() == {(day, part, n) for day in DAYS for part in parts for n in range(3)}
    for key, told in found.items():
        assert told == expected(rows, key), key


def test_workers_without_this_repository_can_sum_up(tmp_path: Path) -> None:
    bins = [Bins("km", NUMBER, edges=KM.edges), Bins("city", TEXT, values=CITY.texts)]
    with sent_by_value():
        sent = cloudpickle.dumps(summing(bins))  # type: ignore[attr-defined, no-untyped-call]
    rows = pa.Table.from_batches(batches(some_rows(), 200))
    with pa.ipc.new_file(tmp_path / "rows.arrow", rows.schema) as file:
        file.write_table(rows)
    code = (
        "import pickle, sys, pyarrow as pa; summed = pickle.loads(sys.stdin.buffer.read()); "
        "rows = pa.ipc.open_file('rows.arrow').read_all(); "
        "print(sum(len(batch) for batch in summed(rows.to_batches())))"
    )
    command = [sys.executable, "-I", "-c", code]  # isolated from this folder and PYTHONPATH
    done = subprocess.run(command, cwd=tmp_path, input=sent, capture_output=True, check=False)
    assert (done.stdout.decode().strip(), done.stderr.decode()) == ("27", "")


def test_a_partition_without_rows_yields_nothing() -> None:
    assert list(summed_up([], [KM], MOST)) == []
    assert list(summed_up(batches([], 5), [KM, CITY], MOST)) == []
