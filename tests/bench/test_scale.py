"""Cores and costs of more rows follow from two sizes that were measured."""

from __future__ import annotations

import pytest

from conf.prices import Prices
from tests.bench.event_log import Executed
from tests.bench.measuring import Cost, Found
from tests.bench.scale import OURS, WORK, Growth, costs_of, table_of
from tests.bench.usage import Usage


def cost(rows: int, cpu_seconds: float, *, way: str = OURS) -> Cost:
    return Cost(WORK, way, rows, Usage(1.0, cpu_seconds, 1, 1, 1, Executed(1, 1)))


def test_sizes_of_our_way_are_found_the_least_first() -> None:
    one, ten = cost(100, 60), cost(1_000, 240)
    found = [Found("m", size, "machine", 0.0, "2026-11-27", "abc") for size in ("10", "year")]
    found[0].costs += [ten, cost(5, 5, way="notebook style")]
    found[1].costs += [one]
    assert costs_of(found) == [one, ten]


def test_a_run_takes_its_own_seconds_and_those_of_its_rows() -> None:
    growth = Growth.between(cost(100_000, 60), cost(1_000_000, 240))
    assert (growth.each_row, growth.of_a_run) == pytest.approx((0.0002, 40))
    head, _, names, _, some, many = table_of(growth, 2.0, None, "standard_e4s_v3")
    assert head == "5,000 rows a core second; 40 s of a core a run."
    assert names == "| rows | core hours | executors of 4 vCores to end in 2 h |"
    assert some == "| 100,000,000 | 5.6 | 1 |"  # (40 + 0.0002 * 1e8) / 3600
    assert many == "| 10,000,000,000 | 555.6 | 70 |"


def test_a_price_of_a_vcore_is_paid_for_whole_executors() -> None:
    growth = Growth(0.0002, 40)
    prices = Prices("EUR", {}, {"standard_e4s_v3": 0.15})
    *_, some, many = table_of(growth, 2.0, prices, "standard_e4s_v3")
    assert some.endswith("| 1 | 1.20 |")
    assert many.endswith("| 70 | 84.00 |")
    *_, unpriced = table_of(growth, 2.0, prices, "standard_e8s_v3")
    assert unpriced.endswith("| 70 |")
