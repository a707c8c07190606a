"""A spread is what the MAD says of a normal distribution's deviation."""

from __future__ import annotations

import pytest

from conf.spread import spread_of


def test_one_odd_number_changes_no_spread() -> None:
    assert spread_of([-1, 1, -1, 1, 100]) == pytest.approx(1 / 0.6745)


def test_nothing_spreads_by_nothing() -> None:
    assert spread_of([]) == 0
