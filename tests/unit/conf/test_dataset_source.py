"""A source states how its files are written; what means nothing is refused with its line."""

from __future__ import annotations

import pytest

from conf.dataset_source import Dialect, Source
from conf.document import ConfError
from tests.contracts import contract_of

COLUMNS = """
columns: {trip: {type: int, required: true}}
key: [trip]
"""


def source(keys: str) -> Source:
    stated = f"sources: {{history: {{path: raw/*, {keys}}}}}"
    return contract_of(stated + COLUMNS).sources["history"]


def test_a_dialect_is_read_with_names_for_characters_that_are_hard_to_see() -> None:
    keys = (
        "format: csv, delimiter: tab, quote: \"'\", escape: '\\', encoding: windows-1252, "
        "header: [trip, city], comment: '#', skip_lines: 2, multiline: false, "
        "skip_initial_space: true"
    )
    assert source(keys).dialect == Dialect(
        delimiter="\t",
        quote="'",
        escape="\\",
        encoding="windows-1252",
        header=("trip", "city"),
        comment="#",
        skip_lines=2,
        multiline=False,
        skip_initial_space=True,
    )


def test_a_quote_that_escapes_itself_is_a_doubled_one() -> None:
    assert source("format: csv, escape: '\"'").dialect == Dialect()


def test_a_json_file_states_where_its_records_are() -> None:
    assert source("format: json, records: data.items").records == "data.items"


def test_a_source_is_a_snapshot_if_it_says_so() -> None:
    plain, snapshot = source("format: csv"), source("format: delta, snapshot: true")
    assert (plain.snapshot, snapshot.snapshot, snapshot.max_deleted) == (False, True, 0.5)
    assert source("format: csv, snapshot: true, max_deleted: 1").max_deleted == 1.0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("format: csv, snapshot: daily", "'snapshot' is 'daily'; it takes a bool"),
        (
            "format: csv, snapshot: true, max_deleted: 5",
            "'max_deleted' is 5.0; it is a share, 0 to",
        ),
        ("format: csv, max_deleted: 0.1", "'max_deleted' is for a source with 'snapshot: true'"),
        ("format: xlsx", r"yml:1: sources: history: 'format' is 'xlsx', which is to be converted"),
        ("format: jsonl, delimiter: ';'", r"history: unknown keys \['delimiter'\]; it may have"),
        ("format: csv, records: a", r"unknown keys \['records'\]"),
        ("format: csv, delimiter: '||'", "'delimiter' is '||'; it is one character, or one of"),
        ("format: csv, delimiter: ''", "'delimiter' is ''; it is one character"),
        ("format: csv, quote: ','", "',' is two of delimiter, quote and comment"),
        ("format: csv, encoding: 'utf 8'", "'encoding' is 'utf 8'; it is the name of a character"),
        ("format: csv, header: none", "'header' is 'none'; it takes a bool, not a str"),
        ("format: csv, header: [1]", "'header' has 1; every item is a string"),
        ("format: csv, skip_lines: -1", "skip_lines is below 0"),
        ("format: json, records: a..b", r"records is 'a\.\.b'; it is a path of names"),
    ],
)
def test_what_means_nothing_is_refused(keys: str, message: str) -> None:
    with pytest.raises(ConfError, match=message):
        source(keys)


def column(keys: str) -> tuple[tuple[str, ...], str | None]:
    text = f"columns: {{trip: {{type: int, required: true, {keys}}}}}\nkey: [trip]\n"
    (only,) = contract_of(text).columns
    return only.names, only.missing


def test_a_column_has_the_names_that_files_have_for_it_or_its_own() -> None:
    assert column("source: Trip No.") == (("Trip No.",), None)
    assert column("source: [id, trip_id]") == (("id", "trip_id"), None)
    assert column("min: 0") == (("trip",), None)


def test_a_column_may_be_missing_by_a_null_of_yaml_or_its_name() -> None:
    assert column("missing: null") == column("missing: 'null'") == (("trip",), "null")
    with pytest.raises(ConfError, match="'missing' is 'never'; it is one of"):
        column("missing: never")


def test_a_path_over_folders_of_any_depth_is_refused() -> None:
    with pytest.raises(ConfError, match=r"path 'raw/\*\*/a.csv' has '\*\*', which is no more than"):
        contract_of("sources: {history: {path: raw/**/a.csv, format: csv}}\n" + COLUMNS)
