"""Two versions of a table differ by the rows of the files that only one of them has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.lineage.differences import Change, TableDifference, compare, key_of
from aml_pipelines.lineage.table_logs import TableLog
from conf.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, Any]]
STANDING: Rows = [{"id": 1, "km": 1.0}, {"id": 2, "km": 2.0}]


def table(folder: Path, *versions: dict[str, Rows]) -> TableLog:
    """Write a table by hand: the rows of the data files of each version, by the files' names."""
    log = folder / "_delta_log"
    log.mkdir(parents=True)
    there: set[str] = set()
    for number, files in enumerate(versions):
        actions: list[dict[str, Any]] = [{"commitInfo": {"timestamp": 0, "operation": "WRITE"}}]
        for name in files.keys() - there:
            pq.write_table(pa.Table.from_pylist(files[name]), folder / name)
            actions.append({"add": {"path": name}})
        actions += [{"remove": {"path": name}} for name in there - files.keys()]
        there = set(files)
        text = "\n".join(map(json.dumps, actions))
        (log / f"{number:020}.json").write_text(text)
    return TableLog("silver/trips/valid", folder)


def difference(log: TableLog, first: int = 0, second: int = 1) -> TableDifference:
    return compare(log, first, second, ["id"], examples=2)


def test_rows_are_added_removed_and_changed_by_key(tmp_path: Path) -> None:
    before: Rows = [{"id": 3, "km": 3.0, "to": "Rom"}, {"id": 4, "km": 4.0, "to": "Ulm"}]
    after: Rows = [{"id": 4, "km": 4.5, "to": "Ulm"}, {"id": 5, "km": 5.0, "to": None}]
    log = table(tmp_path, {"a": before}, {"b": after})
    assert difference(log) == TableDifference(
        rows=(2, 2),
        added=1,
        removed=1,
        changed=1,
        columns={"km": (1, [Change({"id": 4}, 4.0, 4.5)])},
        new_columns=[],
        lost_columns=[],
        rules={},
        means={"km": (4.0, 4.5)},
    )


def test_a_file_that_both_versions_have_is_not_read(tmp_path: Path) -> None:
    log = table(tmp_path, {"a": STANDING, "b": STANDING[:1]}, {"a": STANDING, "c": STANDING[:1]})
    read: list[str] = []

    class Watched(TableLog):
        def read(self, files: Any, *more: Any) -> pa.Table:  # noqa: ANN401 # as it is
            read.extend(file.name for file in files)
            return super().read(files, *more)

    assert difference(Watched(log.name, log.folder)).changed == 0
    assert read == ["b", "c"]


@pytest.mark.parametrize("value", [None, float("nan")])
def test_what_is_missing_is_like_what_is_missing_and_unlike_a_value(
    tmp_path: Path, value: float | None
) -> None:
    before: Rows = [{"id": 1, "km": value}, {"id": 2, "km": value}, {"id": 3, "km": 3.0}]
    after: Rows = [{"id": 1, "km": value}, {"id": 2, "km": 2.0}, {"id": 3, "km": value}]
    found = difference(table(tmp_path, {"a": before}, {"b": after}))
    assert found.columns["km"][0] == found.changed == 2


def test_lists_and_columns_that_came_or_went_are_told(tmp_path: Path) -> None:
    before: Rows = [
        {"id": 1, "broken_rules": ["far", "old"], "km": 1},
        {"id": 2, "broken_rules": None},
    ]
    after: Rows = [{"id": 1, "broken_rules": ["old"], "day": 1}, before[1]]
    found = difference(table(tmp_path, {"a": before}, {"b": after}))
    assert found.columns == {"broken_rules": (1, [Change({"id": 1}, ["far", "old"], ["old"])])}
    assert (found.new_columns, found.lost_columns) == (["day"], ["km"])
    assert found.rules == {"far": -1}


def test_a_column_of_another_type_is_compared_by_its_values(tmp_path: Path) -> None:
    before, after = (
        [{"id": 1, "km": 1}, {"id": 2, "km": 2}],
        [{"id": 1, "km": 1.0}, {"id": 2, "km": 2.5}],
    )
    assert difference(table(tmp_path, {"a": before}, {"b": after})).changed == 1


def test_rows_of_files_from_before_a_column_came_have_none_of_it(tmp_path: Path) -> None:
    older: Rows = [{"id": 1, "km": 1.0}]
    newer: Rows = [{"id": 2, "km": 2.0, "to": "Rom"}]
    rows: Rows = [{"id": 1, "km": 1.0, "to": None}, {"id": 2, "km": 2.0, "to": "Ulm"}]
    found = difference(table(tmp_path, {"a": older, "b": newer}, {"c": rows}))
    assert found.columns == {"to": (1, [Change({"id": 2}, "Rom", "Ulm")])}


def test_all_rows_of_a_table_may_go_and_the_same_version_has_no_difference(tmp_path: Path) -> None:
    log = table(tmp_path, {"a": STANDING}, {}, {"a": STANDING})
    assert (difference(log).removed, difference(log, 1, 2).added) == (2, 2)
    assert difference(log, 0, 2).rows == (2, 2)
    assert (difference(log, 0, 0).added, difference(log, 0, 0).changed) == (0, 0)


def test_a_text_in_a_commit_may_have_any_character(tmp_path: Path) -> None:
    log = table(tmp_path, {"a": STANDING})
    commit = tmp_path / "_delta_log" / f"{0:020}.json"
    commit.write_text(commit.read_text().replace("WRITE", "WRI\u2028TE"), "utf-8")
    assert [each.version for each in log.commits] == [0]
    assert len(log.newest_files) == 1


def test_a_version_whose_commits_were_cleaned_up_is_refused(tmp_path: Path) -> None:
    log = table(tmp_path, {"a": STANDING}, {"b": STANDING})
    (tmp_path / "_delta_log" / f"{0:020}.json").unlink()
    with pytest.raises(CommandFailedError, match="version 1 cannot be read: commit 0 is not there"):
        difference(log, 1, 1)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("silver/trips/valid", ["id"]),
        ("gold/trips/scores", ["id", "model_name", "model_version"]),
        ("bronze/trips/rows", ["_row_id"]),
        ("quarantine/trips/rows", ["_row_id"]),
    ],
)
def test_rows_are_told_apart_by_the_key_of_their_table(name: str, key: list[str]) -> None:
    columns = ["id", "_row_id", "model_name", "model_version"]
    assert key_of(name, columns, ["id"]) == key
    assert key_of("silver/trips/valid", columns, ["row_id"]) == ["_row_id"]
    with pytest.raises(UserError, match=f"{name} has no "):
        key_of(name, [], ["id"])
