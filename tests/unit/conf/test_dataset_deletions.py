"""A contract says what deletes an entity, and if its history is kept; nonsense is named."""

from __future__ import annotations

import pytest

from conf.document import ConfError
from tests.contracts import contract_of

TRIPS = """
columns:
  trip: {{type: int, required: true}}
  day: {{type: date}}
  state: {{type: string}}
  gone: {{type: boolean}}
key: [trip]
{0}
"""


def refusals(keys: str) -> tuple[str, ...]:
    with pytest.raises(ConfError) as refused:
        contract_of(TRIPS.format(keys))
    return refused.value.problems


def test_a_contract_deletes_by_a_condition_or_not_at_all() -> None:
    contract = contract_of(TRIPS.format("newest_by: [day]\ndeleted_when: STATE = 'D'"))
    assert contract.deleted_when == "STATE = 'D'"
    assert contract.identifying == ("trip", "day", "state")
    assert contract_of(TRIPS.format("")).deleted_when is None


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("deleted_when: stat = 'D'", "trips.yml:9: 'deleted_when': 'stat' is no column; did you"),
        ("deleted_when: state", "'deleted_when': is no condition: nothing in it is true or false"),
        ("deleted_when: day < current_date()", "'current_date' is no function"),
        ("deleted_when: ''", "'deleted_when': is empty"),
        ("deleted_when: yes", "'deleted_when' is True; it takes a str, not a bool"),
        ("deleted_when: [gone]", "'deleted_when' is ['gone']; it takes a str, not a list"),
    ],
)
def test_a_deletion_that_makes_no_sense_is_named(keys: str, said: str) -> None:
    told = refusals(keys)
    assert len(told) == 1, told
    assert said in told[0]


@pytest.mark.parametrize(
    "keys",
    [
        "deleted_when: gone",
        "sources: {history: {path: raw/*.csv, format: csv, snapshot: true}}",
    ],
)
def test_of_rows_without_a_key_nobody_can_tell_which_are_deleted(keys: str) -> None:
    text = f"columns: {{trip: {{type: int}}, gone: {{type: boolean}}}}\nkey: row\n{keys}\n"
    with pytest.raises(ConfError, match="with 'key: row' nobody can tell which entity a row or a"):
        contract_of(text)


def test_a_history_is_kept_if_the_contract_says_so() -> None:
    assert not contract_of(TRIPS.format("")).history
    assert contract_of(TRIPS.format("history: true")).history
    assert contract_of(TRIPS.format("history: true\nnewest_by: [trip]")).history


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TRIPS.format("history: daily"), "'history' is 'daily'; it takes a bool"),
        (
            TRIPS.format("history: true\nnewest_by: [day]"),
            "trips.yml:9: versions hold from their 'day' on, which must be 'required: true'",
        ),
        (
            TRIPS.format("history: true").replace("state:", "valid_to:"),
            "a history has columns ['valid_to'] of its own; rename the contract's",
        ),
        (
            "columns: {trip: {type: int}}\nkey: row\nhistory: true\n",
            "with 'key: row' no row is a version of another; state a key",
        ),
        (
            TRIPS.format(
                "history: true\nnewest_by: [trip]\n"
                "sources: {all: {path: raw/*.csv, format: csv, snapshot: true}}"
            ),
            "a snapshot has no value of 'newest_by' from which on it would hold",
        ),
    ],
)
def test_a_history_that_nobody_could_tell_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfError) as refused:
        contract_of(text)
    assert len(refused.value.problems) == 1, refused.value.problems
    assert said in refused.value.problems[0]
