"""Splits an input into mini-batches: every item is in exactly one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from .settings import Settings

_PATHS = "Path"  # the column in which mltable gives the files of a table that reads none


@dataclass(frozen=True)
class MiniBatch:
    """Items that one call of run() gets: paths of files, or a frame of rows.

    `key` has the values of the partition keys; `name` is what a log calls it.
    """

    number: int
    items: Any
    name: str
    key: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)


def mini_batches(source: Path, settings: Settings) -> list[MiniBatch]:
    """Split the files of a folder, a file, or the rows or files of an MLTable.

    Raises SystemExit when there is nothing to split.
    """
    if settings.is_table:
        batches = list(_of_table(source, settings))
    else:
        batches = list(_of_files(_files(source), settings.mini_batch_size))
    if not batches:
        raise SystemExit(f"there is no file to score in {source}")
    return batches


def _files(source: Path) -> list[str]:
    if source.is_file():
        return [str(source)]
    return sorted(str(file) for file in source.rglob("*") if file.is_file())


def _of_files(files: Sequence[str], size: int) -> Iterator[MiniBatch]:
    for number, begin in enumerate(range(0, len(files), size)):
        items = list(files[begin : begin + size])
        yield MiniBatch(number, items, ", ".join(items))


def _of_table(source: Path, settings: Settings) -> Iterator[MiniBatch]:
    # It is there where a node asks for a table, and takes seconds to import.
    import mltable  # noqa: PLC0415

    frame = mltable.load(str(source)).to_pandas_dataframe()
    has_files = _PATHS in frame and type(next(iter(frame[_PATHS]), "")) is not str
    if has_files:
        # Streams of the reader, which no other process can take over: their text is the path.
        frame[_PATHS] = frame[_PATHS].map(str)
    if settings.partition_keys:
        yield from _of_keys(frame, settings.partition_keys, has_files=has_files)
    elif has_files:
        yield from _of_files(list(frame[_PATHS]), settings.mini_batch_size)
    else:
        yield from _of_rows(frame, settings.mini_batch_size)


def _of_keys(frame: Any, keys: Sequence[str], *, has_files: bool) -> Iterator[MiniBatch]:  # noqa: ANN401 # pandas has no types here
    unknown = [key for key in keys if key not in frame]
    if unknown:
        raise SystemExit(f"the table has no columns {unknown}; it has {list(frame.columns)}")
    # Null is a key as any other: its rows would be in no mini-batch else.
    groups = frame.groupby(list(keys), sort=True, dropna=False)
    for number, (values, part) in enumerate(groups):
        key = dict(zip(keys, values, strict=True))
        items = list(part[_PATHS]) if has_files else part.reset_index(drop=True)
        yield MiniBatch(number, items, f"{key}", key)


def _of_rows(frame: Any, size: int) -> Iterator[MiniBatch]:  # noqa: ANN401 # same
    # As large in memory as asked for: the bytes on the disk depend on the format.
    total = int(frame.memory_usage(index=False, deep=True).sum())
    rows = max(1, len(frame) * size // max(1, total))
    for number, begin in enumerate(range(0, len(frame), rows)):
        part = frame.iloc[begin : begin + rows].reset_index(drop=True)
        yield MiniBatch(number, part, f"rows {begin} to {begin + len(part) - 1}")
