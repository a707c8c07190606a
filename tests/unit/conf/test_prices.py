"""Prices are stated by their user: a node costs what its vCores do in its time, or nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conf.document import ConfError
from conf.prices import load_prices

if TYPE_CHECKING:
    from pathlib import Path

STATED = """
currency: EUR
vcore_hour: {standard_e4s_v3: 0.15, standard_ds3_v2: 0.10}
nodes:
  spark: {instance_type: standard_e4s_v3, vcores: 12}
  command: {instance_type: standard_ds3_v2, vcores: 4}
  train_1: {instance_type: standard_ds3_v2, vcores: 8}
"""


def test_a_node_costs_its_vcores_for_its_time(tmp_path: Path) -> None:
    file = tmp_path / "prices.yml"
    file.write_text(STATED)
    prices = load_prices(file)
    assert prices is not None
    assert prices.currency == "EUR"
    # 12 vCores at 0.15 for half an hour
    assert prices.cost(node="clean", kind="spark", seconds=1800) == pytest.approx(0.9)
    assert prices.cost(node="score", kind="command", seconds=900) == pytest.approx(0.1)
    assert prices.cost(node="train_1", kind="command", seconds=900) == pytest.approx(0.2)
    assert prices.cost(node="tune", kind="sweep", seconds=900) is None


def test_without_a_file_nobody_knows_a_price(tmp_path: Path) -> None:
    assert load_prices(tmp_path / "prices.yml") is None


def test_a_node_on_an_instance_type_without_a_price_is_refused_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "prices.yml"
    file.write_text(
        STATED.replace("spark: {instance_type: standard_e4s_v3", "spark: {instance_type: x")
    )
    with pytest.raises(ConfError, match=r"prices\.yml:5.*'instance_type' is 'x'.*standard_ds3_v2"):
        load_prices(file)
