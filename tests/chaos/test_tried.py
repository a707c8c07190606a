"""What was tried of crashes that leave the same behind stands for all of them."""

from __future__ import annotations

from tests.chaos.__main__ import tried_for
from tests.chaos.crashes import Crash, Ends
from tests.chaos.tried import Tried

FIRST, SECOND, LAST, OTHER = (
    Crash("training", f"train_{number}: before text", 1, Ends.PROCESS) for number in range(1, 5)
)
PLAN = {FIRST: LAST, SECOND: LAST, LAST: LAST, OTHER: OTHER}


def test_the_last_of_those_alike_is_tried_where_none_was() -> None:
    assert tried_for(PLAN, {OTHER: Tried("2026-01-02")}) == PLAN


def test_another_one_that_was_tried_stands_for_them_and_of_several_the_newest() -> None:
    before = {FIRST: Tried("2026-01-01"), SECOND: Tried("2026-01-02")}
    found = tried_for(PLAN, before)
    assert found == {FIRST: SECOND, SECOND: SECOND, LAST: SECOND, OTHER: OTHER}


def test_the_last_one_stands_if_it_was_tried() -> None:
    assert tried_for(PLAN, {FIRST: Tried("2026-01-02"), LAST: Tried("2026-01-01")}) == PLAN
