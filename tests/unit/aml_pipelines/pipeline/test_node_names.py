"""The names of nodes' runs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aml_pipelines.pipeline.node_names import possible_nodes, run_of_node

NAMES = st.text("ab_-.", min_size=1)


def test_a_run_may_be_of_several_jobs_when_names_have_underscores() -> None:
    assert possible_nodes("train_all_score") == [("train", "all_score"), ("train_all", "score")]
    assert possible_nodes("train") == []


@given(NAMES, NAMES)
def test_a_name_that_was_put_together_is_taken_apart_again(job: str, node: str) -> None:
    assert (job, node) in possible_nodes(run_of_node(job, node))
