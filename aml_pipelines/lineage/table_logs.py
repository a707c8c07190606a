"""Reads the logs of a lake's Delta tables as they lie in its folder, without Spark.

A commit of this project says in `userMetadata` which versions of which tables it was made from.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.execution.delta_tails import commit_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

LOG = "_delta_log"
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(\.\d+\.\d+)?\.parquet")
# The lines of a commit that are looked at when only its history is asked for.
_TOLD = ('{"commitInfo"', '{"metaData"')


@dataclass(frozen=True)
class TableCommit:
    """A commit of a table: when, in seconds since 1970, from what, and how many rows it wrote."""

    version: int
    moment: float
    record: Mapping[str, Any]
    rows: int | None


@dataclass(frozen=True)
class TableLog:
    """The log of one table, by its path below the lake."""

    name: str
    folder: Path

    @cached_property
    def commits(self) -> list[TableCommit]:
        """The commits whose files are there, oldest first."""
        return [
            _commit(version, action["commitInfo"])
            for version, action in self._told
            if "commitInfo" in action
        ]

    @cached_property
    def id(self) -> str:
        """The id by which receipts and commits name the table."""
        ids = [action["metaData"]["id"] for _, action in self._told if "metaData" in action]
        # The first commits of an old table are cleaned up; a checkpoint repeats what they said.
        return str(ids[0] if ids else self._checkpointed("metaData", self.newest)[0]["id"])

    @property
    def newest(self) -> int:
        return max([*self._commit_files, *self._checkpoints])

    @cached_property
    def newest_files(self) -> list[Path]:
        """The data files of the newest version."""
        return self.data_files(self.newest)

    def data_files(self, version: int) -> list[Path]:
        """Return the data files of a version.

        Raises CommandFailedError for a version whose commits are not all there.
        """
        start = max((number for number in self._checkpoints if number <= version), default=-1)
        added = self._checkpointed("add", start) if start >= 0 else []
        live = dict.fromkeys(action["path"] for action in added)
        for number in range(start + 1, version + 1):
            if number not in self._commit_files:
                raise CommandFailedError(
                    f"{self.name}: version {version} cannot be read: commit {number} is not there"
                )
            for action in _actions(self._commit_files[number]):
                if "add" in action:
                    live[action["add"]["path"]] = None
                elif "remove" in action:
                    live.pop(action["remove"]["path"], None)
        return [self.folder / unquote(path) for path in live]

    def rows(self, columns: Sequence[str], only: ds.Expression | None = None) -> pa.Table:
        """Read columns of the newest version."""
        return self.read(self.newest_files, columns, only)

    def read(
        self,
        files: Sequence[Path],
        columns: Sequence[str] | None = None,
        only: ds.Expression | None = None,
    ) -> pa.Table:
        """Read rows of some data files; raises CommandFailedError for one that cannot be read."""
        if not files:
            empty = pa.schema(list(self.columns.items())).empty_table()
            return empty.select(list(columns)) if columns else empty
        try:
            schemas = [pq.read_schema(file) for file in files]  # a table gains columns by the file
            schema = pa.unify_schemas(schemas, promote_options="permissive")
            found = ds.dataset([str(file) for file in files], schema=schema)
            return found.to_table(list(columns) if columns else None, filter=only)
        except (OSError, ValueError) as error:
            raise CommandFailedError(
                f"{self.name}: its rows cannot be read: {error}; run a pipeline on the dataset, "
                "which says what is broken"
            ) from error

    def count(self, files: Iterable[Path]) -> int:
        """Count the rows of some data files by their footers."""
        return sum(pq.read_metadata(file).num_rows for file in files)

    @cached_property
    def columns(self) -> Mapping[str, pa.DataType]:
        """The types of the columns, as the newest data file has them."""
        return _columns_in(self.newest_files)

    def columns_at(self, version: int) -> Mapping[str, pa.DataType]:
        """Return the types of the columns, as the newest data file of a version has them.

        Raises CommandFailedError for a version whose commits are not all there.
        """
        return _columns_in(self.data_files(version))

    @cached_property
    def _commit_files(self) -> dict[int, Path]:
        files = {file: _COMMIT.fullmatch(file.name) for file in self._files}
        return {int(match[1]): file for file, match in files.items() if match}

    @cached_property
    def _checkpoints(self) -> dict[int, list[Path]]:
        found: dict[int, list[Path]] = {}
        for file in self._files:
            if match := _CHECKPOINT.fullmatch(file.name):
                found.setdefault(int(match[1]), []).append(file)
        return found

    @cached_property
    def _files(self) -> list[Path]:
        return sorted((self.folder / LOG).iterdir())

    @cached_property
    def _told(self) -> list[tuple[int, dict[str, Any]]]:
        return [
            (version, action)
            for version, file in self._commit_files.items()
            for action in _actions(file, _TOLD)
        ]

    def _checkpointed(self, kind: str, version: int) -> list[dict[str, Any]]:
        """Return the actions of a kind in the newest checkpoint up to a version."""
        files = self._checkpoints[max(each for each in self._checkpoints if each <= version)]
        rows = (row for file in files for row in pq.read_table(file, columns=[kind]).to_pylist())
        return [row[kind] for row in rows if row[kind] and row[kind].get("path", "-")]


def table_logs(lake: Path) -> Iterator[TableLog]:
    """Find the tables of a lake."""
    for pattern in (f"*/*/*/{LOG}", f"batches/*/*/*/{LOG}"):
        for log in sorted(lake.glob(pattern)):
            yield TableLog(log.parent.relative_to(lake).as_posix(), log.parent)


def _columns_in(files: Sequence[Path]) -> Mapping[str, pa.DataType]:
    schema = pq.read_schema(files[-1]) if files else ()
    return {field.name: field.type for field in schema}


def _actions(file: Path, told: tuple[str, ...] = ("{",)) -> Iterator[dict[str, Any]]:
    """Read the lines of a commit that begin as told."""
    try:
        yield from (json.loads(line) for line in commit_lines(file) if line.startswith(told))
    except ValueError as error:
        raise CommandFailedError(
            f"{file}: is no commit of a Delta table: {error}; run a pipeline on the dataset, which "
            "says what helps"
        ) from error


def _commit(version: int, told: Mapping[str, Any]) -> TableCommit:
    rows = told.get("operationMetrics", {}).get("numOutputRows")
    return TableCommit(
        version,
        told["timestamp"] / 1000,
        _record(told.get("userMetadata")),
        None if rows is None else int(rows),
    )


def _record(text: str | None) -> Mapping[str, Any]:
    """Return what this project wrote of a commit; others write no JSON, or nothing."""
    try:
        record = json.loads(text or "{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
