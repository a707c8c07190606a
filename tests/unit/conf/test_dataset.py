"""A contract is loaded strictly: what it states wrongly is named, with the line and the key."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conf.column_type import TYPES
from conf.dataset import DATASETS, load_dataset
from conf.dataset_column import Column
from conf.dataset_learning import Split
from conf.dataset_rules import Rule
from conf.dataset_source import Source
from conf.document import ConfError
from tests.contracts import contract_of

TRIPS = """\
sources: {history: {path: raw/trips/*.csv, format: csv}}
columns:
  trip: {type: int, required: true}
  city: {type: string}
  day: {type: date}
key: [trip]
"""


def refusal(folder: Path, text: str) -> str:
    """Return the message with which a contract is refused."""
    (folder / "trips.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfError) as refused:
        load_dataset("trips", folder=folder)
    return str(refused.value)


@pytest.mark.parametrize("name", sorted(path.stem for path in DATASETS.glob("*.yml")))
def test_every_contract_of_the_repository_loads(name: str) -> None:
    assert load_dataset(name).name == name


def test_what_a_contract_does_not_state_has_strict_defaults(tmp_path: Path) -> None:
    (tmp_path / "trips.yml").write_text(TRIPS)
    trips = load_dataset("trips", folder=tmp_path)
    assert trips.sources == {"history": Source("raw/trips/*.csv", "csv", "listing")}
    assert trips.column("trip") == Column("trip", "int", True, (), None, None, ())  # noqa: FBT003 # a record
    assert trips.column("city").required is False
    assert trips.column_names == ("trip", "city", "day")
    assert (trips.new_columns, trips.missing_columns) == ("fail", "fail")
    assert (trips.max_quarantined, trips.label, trips.split) == (0.5, None, None)
    assert (trips.newest_by, trips.rules, trips.related, trips.null_values) == ((), {}, (), ())


def test_a_split_by_time_keeps_its_days(tmp_path: Path) -> None:
    split = "{by: time, column: day, train: 2024-01-01, validation: 2024-02-01, test: 2024-03-01, "
    (tmp_path / "trips.yml").write_text(f"{TRIPS}split: {split} end: 2024-04-01}}\n")
    days = {
        "train": dt.date(2024, 1, 1),
        "validation": dt.date(2024, 2, 1),
        "test": dt.date(2024, 3, 1),
    }
    expected = Split("time", "day", days, dt.date(2024, 4, 1))
    assert load_dataset("trips", folder=tmp_path).split == expected


def test_a_day_as_bound_becomes_its_iso_text(tmp_path: Path) -> None:
    text = TRIPS.replace("day: {type: date}", "day: {type: date, min: 2024-01-01}")
    (tmp_path / "trips.yml").write_text(text)
    assert load_dataset("trips", folder=tmp_path).column("day").minimum == "2024-01-01"


def test_an_unknown_dataset_is_answered_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "trips.yml").write_text(TRIPS)
    (tmp_path / "cities.yml").write_text(TRIPS)
    with pytest.raises(ConfError, match=r"'fares' is unknown: there are \['cities', 'trips'\]"):
        load_dataset("fares", folder=tmp_path)


@pytest.mark.parametrize("name", ["../secrets", "Trips", "", "a b", "1st"])
def test_a_name_that_could_be_a_path_is_refused_before_any_file_is_looked_at(name: str) -> None:
    with pytest.raises(ConfError, match="a name is lower-case letters, digits and underscores"):
        load_dataset(name)


SPLIT_BY_TIME = "split: {by: time, column: day, train: %s, validation: %s, test: %s, end: %s}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            TRIPS + "colour: red\n",
            r"trips.yml:7: unknown keys \['colour'\]; it may have \['columns'",
        ),
        (
            TRIPS.replace("type: int", "type: integer"),
            r"trips.yml:3: columns: trip: 'type' is 'integer'; it is one of",
        ),
        (TRIPS.replace("{type: string}", "{}"), "city: key 'type' is missing; it takes a str"),
        (
            TRIPS.replace("string}", "string, requird: true}"),
            r"yml:4: columns: city: unknown keys \['requird'\]",
        ),
        (TRIPS.replace("required: true", "required: 1"), "'required' is 1; it takes a bool, not"),
        (TRIPS.replace("city: {type: string}", "city: string"), "'city' is 'string'; it takes a d"),
        (
            TRIPS.replace("city:", "_city:"),
            "_city: this name and those that begin with '_' are the",
        ),
        (TRIPS.replace("city:", "original:"), "original: this name and those that begin with '_'"),
        (
            TRIPS.replace("city:", "air.time:"),
            "air.time: a name is letters, digits and underscores",
        ),
        (TRIPS.replace("city:", "TRIP:"), r"columns \['TRIP', 'trip'\] differ by capital letters"),
        (TRIPS.replace("type: int", "type: int, max: 2147483648"), "2147483648, which is no int"),
        (
            TRIPS.replace("type: int", "type: int, min: 0.5"),
            "'min' is 0.5; it takes a value of the column",
        ),
        (
            TRIPS.replace("date}", "date, min: [1]}"),
            r"'min' is \[1\]; it takes a value of the column's type, date",
        ),
        (TRIPS.replace("string}", "string, allowed: [1]}"), "'allowed' has 1; every item is a str"),
        (TRIPS.replace("key: [trip]\n", ""), "'key' is missing; a contract states it"),
        (TRIPS.replace("key: [trip]", "key: trip"), "'key' is 'trip'; it takes a list, not a str"),
        (TRIPS.replace("key: [trip]", "key: [trp]"), r"key names \['trp'\]; the columns are \['tr"),
        (
            TRIPS.replace("[trip]", "[trip, city]"),
            r"key columns \['city'\] must be 'required: true",
        ),
        (TRIPS + "newest_by: [seen]\n", r"newest_by names \['seen'\]; the columns are"),
        (TRIPS + "event_time: seen\n", r"event_time names \['seen'\]; the columns are"),
        (
            "key: [a]\n" + TRIPS.partition("columns:")[0],
            "'columns' is missing; a contract states it",
        ),
        (
            "columns:" + TRIPS.partition("columns:")[2],
            "'sources' is missing; it names where raw files",
        ),
        (TRIPS.replace("raw/trips", "/etc"), "path '/etc/.*' is not below the lake; write it rel"),
        (TRIPS.replace("raw/trips", "raw/../.."), "is not below the lake"),
        (TRIPS.replace("raw/trips", "abfss://x"), "is not below the lake"),
        (
            TRIPS.replace("format: csv", "format: yaml"),
            "'format' is 'yaml'; it is one of .*'jsonl'",
        ),
        (TRIPS + "new_columns: drop\n", r"'new_columns' is 'drop'; it is one of \['keep_text'"),
        (TRIPS + "missing_columns: zero\n", r"'missing_columns' is 'zero'; it is one of \['null'"),
        (TRIPS + "max_quarantined: few\n", "'max_quarantined' is 'few'; it takes a float, not a s"),
        (TRIPS + "label: {name: late}\n", "label: key 'expression' is missing; it takes a str"),
        (
            TRIPS.replace("date}", "date, min: true}"),
            "'min' is True; it takes a value of the column's type, date",
        ),
        (
            TRIPS + "rules: {day_is_a_date: day > 0}\n",
            r"rules \['day_is_a_date'\] have the names of",
        ),
        (TRIPS + "key: [trip]\n", "trips.yml:7: 'key' stands here twice"),
        (TRIPS + "rules: {positive: 1}\n", "rules: 'positive' is 1; it takes a str, not a int"),
        (TRIPS + "split: {by: luck}\n", r"'by' is 'luck'; it is one of \['key', 'group', 'time'\]"),
        (TRIPS + "split: {by: group}\n", "by 'group' needs column"),
        (TRIPS + "split: {by: key, column: city}\n", "by 'key' has no column"),
        (TRIPS + "split: {by: key, train: 0.5, test: 0.5}\n", "key 'validation' is missing"),
        (
            TRIPS + "split: {by: key, train: 0.6, validation: 0.2, test: 0.1}\n",
            r"shares \{'train': 0.6, .*\} must be positive and add up to 1",
        ),
        (
            TRIPS + "split: {by: key, train: 1.2, validation: -0.4, test: 0.2}\n",
            "must be positive and add up to 1",
        ),
        (
            TRIPS + SPLIT_BY_TIME % ("2024-01-01", "2024-03-01", "2024-02-01", "2024-04-01"),
            "train, validation, test and end must follow in time",
        ),
        (
            TRIPS + SPLIT_BY_TIME % ("2024-01-01", "2024-02-01", "2024-03-01", "2024-03-01"),
            "train, validation, test and end must follow in time",
        ),
        (
            TRIPS + SPLIT_BY_TIME % ("2024-01-01", "2024-02-01", "soon", "2024-03-01"),
            "'test' is 'soon'; it takes a date, not a str",
        ),
        ("columns: [", "trips.yml:2: is not YAML"),
        ("columns: &all {trip: *all}\n", "trips.yml: an alias stands within its own anchor"),
        ("", "trips.yml: holds a NoneType; it should be a mapping of names"),
        ("- a\n- b\n", "holds a list; it should be a mapping"),
        ("1: a\n", "trips.yml:1: 1 is no name to YAML; write names like it in quotes"),
        (TRIPS.replace("city:", "on:"), "columns: True is no name to YAML"),
        (TRIPS + "split: {by: time, train: 2024-02-30}\n", "is not YAML: day is out of range"),
    ],
)
def test_a_contract_that_states_nonsense_is_refused_with_the_place_and_what_is_right(
    tmp_path: Path, text: str, message: str
) -> None:
    assert re.search(message, refusal(tmp_path, text))


def test_all_mistakes_of_a_contract_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = """\
sources:
  history: {path: /raw/*.csv, format: yaml}
columns:
  trip: {type: integer, min: 0, requird: true}
  city: {type: string, allowed: [yes, no]}
  took: {type: int, min: low}
  far: true
rules:
  in_time: tok < rand()
  whole: 1
label: {name: late, expression: TOOK > 15 and}
split: {by: key, train: many, validation: 0.2, test: 0.2}
"""
    (tmp_path / "trips.yml").write_text(text)
    with pytest.raises(ConfError) as refused:
        load_dataset("trips", folder=tmp_path)
    told = [problem.removeprefix(f"{tmp_path}/trips.yml") for problem in refused.value.problems]
    assert "quote it (YAML reads a bare yes, no, on or off as a truth value)" in str(refused.value)
    assert [problem.partition(";")[0] for problem in sorted(told)] == sorted(
        [
            ":2: sources: history: path '/raw/*.csv' is not below the lake",
            ":2: sources: history: 'format' is 'yaml'",
            ":4: columns: trip: 'type' is 'integer'",
            ":4: columns: trip: unknown keys ['requird']",
            ":5: columns: city: 'allowed' has True",
            ":6: columns: took: 'min' is 'low'",
            ":7: columns: 'far' is True",
            ":9: rules: 'in_time': 'tok' is no column",
            ":9: rules: 'in_time': 'rand' is no function that a contract may call",
            ":10: rules: 'whole' is 1",
            ":12: split: 'train' is 'many'",
            ": 'key' is missing",
        ]
    )


@pytest.mark.parametrize("garbage", [b"\xff\xfe\x00key", b"key: \x00\x01", b"\x89PNG\r\n\x1a\n"])
def test_a_contract_of_garbage_bytes_is_refused_as_no_yaml(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "trips.yml").write_bytes(garbage)
    with pytest.raises(ConfError, match=r"trips\.yml: is not YAML"):
        load_dataset("trips", folder=tmp_path)


def test_a_source_that_the_contract_lacks_is_answered_with_those_it_has(tmp_path: Path) -> None:
    (tmp_path / "trips.yml").write_text(TRIPS)
    trips = load_dataset("trips", folder=tmp_path)
    assert trips.source_or_error("history") == "history"
    with pytest.raises(ConfError, match=r"has no source 'batch'; it has \['history'\]"):
        trips.source_or_error("batch")


names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8)
NUMBERS = ("int", "long", "double")
any_column = {
    "name": names,
    "required": st.booleans(),
    "formats": st.lists(texts, max_size=2).map(tuple),
    "allowed": st.lists(texts, max_size=2).map(tuple),
}
columns = st.builds(
    Column,
    **any_column,
    type=st.sampled_from(NUMBERS),
    minimum=st.none() | st.integers(-9, 9),
    maximum=st.none() | st.integers(-9, 9),
) | st.builds(
    Column,
    **any_column,
    type=st.sampled_from([name for name in TYPES if name not in NUMBERS]),
    minimum=st.none(),
    maximum=st.none(),
)


@given(
    stated=st.lists(columns, min_size=1, max_size=4, unique_by=lambda column: column.name),
    null_values=st.lists(texts, max_size=3),
    rules=st.dictionaries(names, st.sampled_from(["id > 0", "`id` = 'Ü: '"]), max_size=2),
)
def test_what_a_contract_states_is_what_is_loaded(
    stated: list[Column], null_values: list[str], rules: dict[str, str]
) -> None:
    key = Column("id", "long", True, (), None, None, ())  # noqa: FBT003 # a record
    stated = [key, *(column for column in stated if column.name != "id")]
    document = {
        "sources": {"history": {"path": "raw/*.csv", "format": "csv"}},
        "columns": {
            column.name: {
                "type": column.type,
                "required": column.required,
                "formats": list(column.formats),
                "min": column.minimum,
                "max": column.maximum,
                "allowed": list(column.allowed),
            }
            for column in stated
        },
        "key": ["id"],
        "null_values": null_values,
        "rules": rules,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trips.yml")
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        loaded = load_dataset("trips", folder=Path(folder))
    assert loaded.columns == tuple(stated)
    assert loaded.null_values == tuple(null_values)
    assert loaded.rules == {name: Rule(text) for name, text in rules.items()}


def test_a_dataset_whose_rows_have_no_key_has_the_id_of_each_row_as_one() -> None:
    contract = contract_of("columns: {city: {type: string}}\nkey: row\n")
    assert contract.key == ("row_id",)
    assert contract.column_names == ("row_id", "city")
    assert contract.raw_names == ("city",)
    with pytest.raises(ConfError, match=r"yml:3: 'key: row' makes a column 'row_id'; rename"):
        contract_of("columns: {row_id: {type: string}}\nkey: row\n")
