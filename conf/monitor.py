"""How a dataset is watched: what is judged together, against what, and what a finding leads to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.dataset import require_dataset_name
from conf.document import Section, read_document
from conf.receiver import read_receivers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.receiver import Receiver

MONITORS = Path(__file__).with_name("monitors")
# What a finding may lead to, from the least on.
LEVELS = ("warn", "hold", "retrain", "roll_back")
# What a finding may be of, and the level that it has where nobody states another.
DEFAULT_LEVELS = {
    "drift": "warn",
    "score_drift": "warn",
    "label_drift": "warn",
    "vanished_value": "warn",
    "new_values": "warn",
    "nulls": "warn",
    "volume": "warn",
    "null_rate": "warn",
    "rule_rate": "warn",
    "late_rows": "warn",
    "missing_day": "warn",
    "freshness": "warn",
    "estimated_performance": "warn",
    "realised_performance": "retrain",
}


@dataclass(frozen=True)
class Thresholds:
    """The limits beyond which a difference is a finding.

    `wasserstein` is in standard deviations of the reference, `jensen_shannon` a distance from 0 to
    1, `psi` the population stability index, `false_discoveries` the expected share of findings by
    p-value that are none, `anomaly` a modified z-score. `rate_change` and `volume_change` are the
    least changes that are anomalies at all: a share of rows, and a share of the usual volume.
    """

    wasserstein: float = 0.1
    jensen_shannon: float = 0.1
    psi: float = 0.1
    false_discoveries: float = 0.05
    anomaly: float = 3.5
    rate_change: float = 0.05
    volume_change: float = 0.25


@dataclass(frozen=True)
class Monitor:
    """How a dataset is watched, as conf/monitors/<dataset>.yml states it, or by default.

    `period_days` are judged together; anomalies are judged of days that have `history_weeks` before
    them, of at most `history_days`. Distributions of at most `few_rows` rows are compared by tests,
    of more by distances. A row is late that arrives more than `late_after_days` after its day.
    Without `slices` those of the model are watched. `receivers`, by name, are told of incidents.
    For `cool_down_days` after a training that an incident led to, no other one leads to one.
    """

    dataset: str
    period_days: int
    history_weeks: int
    history_days: int
    late_after_days: int
    few_rows: int
    slices: tuple[str, ...] | None
    holidays: tuple[dt.date, ...]
    thresholds: Thresholds
    levels: Mapping[str, str]
    receivers: Mapping[str, Receiver]
    cool_down_days: int


def load_monitor(dataset: str, *, folder: Path = MONITORS) -> Monitor:
    """Load how `dataset` is watched; the defaults, where it has no file.

    Raises ConfError with all that is wrong, each with file, line and key.
    """
    require_dataset_name(dataset)
    file = folder / f"{dataset}.yml"
    document = read_document(file, found=[]) if file.is_file() else Section({}, file, found=[])
    monitor = _read(dataset, document)
    _check(monitor, document)
    document.raise_found()
    return monitor


def _read(dataset: str, document: Section) -> Monitor:
    document.allow(
        *("period_days", "history_weeks", "history_days", "late_after_days", "few_rows"),
        *("slices", "holidays", "thresholds", "levels", "receivers", "cool_down_days"),
    )
    return Monitor(
        dataset=dataset,
        period_days=document.value("period_days", int, 7),
        history_weeks=document.value("history_weeks", int, 8),
        history_days=document.value("history_days", int, 400),
        late_after_days=document.value("late_after_days", int, 1),
        few_rows=document.value("few_rows", int, 1000),
        slices=document.texts("slices") if "slices" in document.values else None,
        holidays=_holidays(document),
        thresholds=_thresholds(document.section("thresholds")),
        levels=_levels(document.section("levels")),
        receivers=read_receivers(document.section("receivers")),
        cool_down_days=document.value("cool_down_days", int, 7),
    )


def _holidays(document: Section) -> tuple[dt.date, ...]:
    """Read days that are like no other day of their week."""
    items: list[object] = document.value("holidays", list, [])
    wrong = [item for item in items if type(item) is not dt.date]
    if wrong:
        document.refuse(
            f"{document.where_of('holidays')}: 'holidays' has {wrong[0]!r}; every item is a day, "
            "such as 2024-12-25"
        )
    return tuple(item for item in items if type(item) is dt.date)


def _thresholds(section: Section) -> Thresholds:
    names = tuple(Thresholds.__dataclass_fields__)
    section.allow(*names)
    default = Thresholds()
    return Thresholds(**{n: section.value(n, float, getattr(default, n)) for n in names})


def _levels(section: Section) -> dict[str, str]:
    section.allow(*DEFAULT_LEVELS)
    return {kind: section.choice(kind, LEVELS, level) for kind, level in DEFAULT_LEVELS.items()}


def _check(monitor: Monitor, document: Section) -> None:
    least = {
        "period_days": 1,
        "history_weeks": 2,
        "history_days": monitor.period_days,
        "late_after_days": 0,
        "few_rows": 0,
        "cool_down_days": 0,
    }
    for name, bound in least.items():
        if type(document.values.get(name)) is int and getattr(monitor, name) < bound:
            document.refuse(
                f"{document.where_of(name)}: {name!r} is {getattr(monitor, name)}; it is at least "
                f"{bound}"
            )
    section = document.section("thresholds")
    for name in section.values:
        value = getattr(monitor.thresholds, name, 1.0)
        if type(section.values[name]) in {int, float} and value <= 0:
            section.refuse(f"{section.where_of(name)}: {name!r} is {value}; it is above 0")
