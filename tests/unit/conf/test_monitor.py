"""A monitor has defaults for all that its file does not state, and names each mistake by line."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from conf.document import ConfError
from conf.monitor import DEFAULT_LEVELS, LEVELS, load_monitor
from conf.receiver import Receiver

if TYPE_CHECKING:
    from pathlib import Path


def test_a_dataset_without_a_file_is_watched_by_the_defaults(tmp_path: Path) -> None:
    monitor = load_monitor("rides", folder=tmp_path)
    assert (monitor.period_days, monitor.history_weeks, monitor.few_rows) == (7, 8, 1000)
    assert monitor.slices is None
    assert monitor.levels == DEFAULT_LEVELS
    assert set(DEFAULT_LEVELS.values()) <= set(LEVELS)


def test_a_file_states_what_differs(tmp_path: Path) -> None:
    (tmp_path / "rides.yml").write_text(
        "period_days: 1\nslices: [city]\nholidays: [2024-12-25]\n"
        "thresholds: {wasserstein: 0.2, anomaly: 4}\nlevels: {volume: hold}\n"
    )
    monitor = load_monitor("rides", folder=tmp_path)
    assert monitor.period_days == 1
    assert monitor.slices == ("city",)
    assert monitor.holidays == (dt.date(2024, 12, 25),)
    assert (monitor.thresholds.wasserstein, monitor.thresholds.anomaly) == (0.2, 4.0)
    assert monitor.thresholds.jensen_shannon == 0.1
    assert (monitor.levels["volume"], monitor.levels["nulls"]) == ("hold", "warn")


def test_each_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rides.yml"
    file.write_text(
        "period_days: 0\nweeks: 3\nholidays: [christmas]\n"
        "thresholds:\n  psi: -1\n  chance: 2\nlevels:\n  volume: panic\n  noise: warn\n"
    )
    with pytest.raises(ConfError) as raised:
        load_monitor("rides", folder=tmp_path)
    where = [problem.removeprefix(f"{file}:") for problem in raised.value.problems]
    assert sorted(line.partition(":")[0] for line in where) == list("1235689")
    text = str(raised.value)
    assert "'period_days' is 0; it is at least 1" in text
    assert "unknown keys ['weeks']" in text
    assert "'holidays' has 'christmas'; every item is a day, such as 2024-12-25" in text
    assert "'psi' is -1.0; it is above 0" in text
    assert "'volume' is 'panic'; it is one of ['warn', 'hold', 'retrain', 'roll_back']" in text


def test_receivers_are_named_with_their_shape_and_a_connection(tmp_path: Path) -> None:
    (tmp_path / "rides.yml").write_text(
        "cool_down_days: 3\nreceivers:\n  team: {shape: teams, connection: alerts}\n"
        "  post: {shape: mail, connection: smtp_of_us, from: a@x.org, to: [b@x.org]}\n"
    )
    monitor = load_monitor("rides", folder=tmp_path)
    assert monitor.cool_down_days == 3
    assert monitor.receivers == {
        "team": Receiver("team", "teams", "alerts"),
        "post": Receiver("post", "mail", "smtp_of_us", "a@x.org", ("b@x.org",)),
    }


def test_an_address_of_a_receiver_is_refused_where_its_connection_is_due(tmp_path: Path) -> None:
    file = tmp_path / "rides.yml"
    file.write_text(
        "receivers:\n  team: {shape: slack, connection: 'https://hooks.example.com/x', to: [a]}\n"
        "  Post: {shape: mail, connection: smtp, from: a@x.org}\n"
    )
    with pytest.raises(ConfError) as raised:
        load_monitor("rides", folder=tmp_path)
    text = str(raised.value)
    assert len(raised.value.problems) == 4
    assert "'connection' is the name of a connection of the workspace" in text
    assert "'to' is of the shape 'mail' alone" in text
    assert "key 'to' is missing; it takes a list of addresses" in text
    assert "the name of a receiver is small letters, digits and underscores" in text
    assert "hooks.example.com" not in text
