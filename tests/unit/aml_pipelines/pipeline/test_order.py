"""Nodes stand after what they need, and a circle is named."""

from __future__ import annotations

from graphlib import CycleError
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_pipelines.pipeline.order import circle_of, in_order

NUMBERS = st.integers(min_value=0, max_value=12)


@given(st.dictionaries(NUMBERS, st.sets(NUMBERS)))
def test_each_node_stands_after_its_producers(drawn: dict[int, set[int]]) -> None:
    # a node may need smaller numbers only: such a graph has no circle
    needs = {str(node): [str(n) for n in others if n < node] for node, others in drawn.items()}
    ordered = in_order(needs)
    assert sorted(ordered) == sorted(needs)
    for node, others in needs.items():
        for other in set(others) & set(needs):
            assert ordered.index(other) < ordered.index(node)


@given(st.integers(min_value=1, max_value=9))
def test_a_circle_is_named_from_end_to_end(size: int) -> None:
    needs = {str(node): [str((node + 1) % size)] for node in range(size)}
    with pytest.raises(CycleError) as caught:
        in_order(needs)
    circle = circle_of(caught.value, needs)
    assert circle[0] == circle[-1] == "0"
    assert sorted(circle[1:]) == sorted(needs)
    for name, needed in pairwise(circle):
        assert needs[name] == [needed]


def test_jobs_that_do_not_need_each_other_stand_as_their_file_has_them() -> None:
    assert in_order({"c": ["a"], "a": [], "e": [], "b": ["missing"], "d": ["c"]}) == [
        *("a", "c", "e", "b", "d")
    ]
