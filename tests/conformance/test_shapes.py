"""The comparison with a recorded shape finds what is missing, added, or of another type."""

from __future__ import annotations

import pytest

from tests.conformance.shapes import differences

WORKSPACE = "/subscriptions/s/workspaces/w"


@pytest.mark.parametrize(
    ("shape", "answer", "expected"),
    [
        ({"a": None}, {"a": None}, []),
        ({"a": None}, {}, ["a: null, missing here"]),
        ({}, {"a": 1}, ["a: not there, here 1"]),
        ({"a": {"b": "Key"}}, {"a": {"b": "key"}}, ["a.b: 'Key', here 'key'"]),
        ({"a": False}, {"a": 0}, ["a: False, here 0"]),
        ({"a": "number"}, {"a": True}, ["a: number, here True"]),
        ({"a": "=number"}, {"a": "number"}, []),
        ({"a": "=number"}, {"a": 1}, ["a: '=number', here 1"]),
        ({"a": "flag"}, {"a": False}, []),
        ({"a": "time"}, {"a": "2026-03-27T04:05:06.789Z"}, []),
        ({"a": "time"}, {"a": "yesterday"}, ["a: time, here 'yesterday'"]),
        ({"a": "text"}, {"a": "2026-03-27T04:05:06Z"}, []),
        ({"a": None}, {"a": "2026-03-27T04:05:06Z"}, ["a: null, here a time"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a: 2 items, here 1"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a[0].b: 1, here 2"]),
        ({"a": {"$contains": {"b": 1}}}, {"a": [{"b": 2}, {"b": 1}]}, []),
        ({"a": {"$contains": {"b": 1}}}, {"a": [{"b": 2}]}, ["a[].b: 1, here 2"]),
        ({"a": {"$contains": {"b": 1}}}, {"a": []}, ["a: an item, here none"]),
        ({"a": None}, {"a": "of more than thirty characters."}, ["a: null, here a text"]),
        (None, None, []),
    ],
)
def test_each_difference_from_a_shape_is_a_line(
    shape: object, answer: object, expected: list[str]
) -> None:
    assert differences(shape, answer, WORKSPACE) == expected


def test_a_resource_has_the_id_the_name_and_the_type_of_its_path() -> None:
    answer = {
        "id": f"{WORKSPACE}/data/trips/versions/1",
        "name": "1",
        "type": "Microsoft.MachineLearningServices/workspaces/data/versions",
    }
    shape = {"$resource": "data/trips/versions/1"}
    assert differences(shape, answer, WORKSPACE) == []
    assert differences(shape, {**answer, "name": "2"}, WORKSPACE) == ["name: '1', here '2'"]
