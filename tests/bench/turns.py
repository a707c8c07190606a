"""Work done in two or more ways, in turns: what each way cost, once all have the same outcome."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tests.bench.event_log import Executed
from tests.bench.usage import Usage, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

Outcome = dict[str, object]


class UnequalOutcomesError(AssertionError):
    """Two ways to do some work had different outcomes: their times say nothing."""


class NotHereError(RuntimeError):
    """What a way needs is not on this machine."""


def prepare_nothing() -> None:
    pass


@dataclass(frozen=True)
class Way:
    """One way to do some work.

    `prepare` lays out what it starts from, `do` is measured, and `outcome` says what it has made;
    all of `rows` rows. `measure` is for work that leaves processes to the next one.
    """

    name: str
    rows: int
    do: Callable[[], object]
    outcome: Callable[[], Outcome]
    prepare: Callable[[], object] = prepare_nothing
    measure: Callable[..., Usage] = measure


@dataclass(frozen=True)
class Aim:
    """What our way is to reach, against another way or alone.

    `faster`: other seconds / our seconds is at least `limit`. `ratio`: our seconds / other seconds
    is at most `limit`. `per_row`: the same of seconds a row. `each_more`: the seconds that ours
    takes more, divided by `units`, are at most `limit`. `none`: other seconds / our seconds are
    reported. Alone, `seconds` and `gib`: our seconds, or our peak of memory, are at most `limit`.
    """

    kind: Literal["faster", "ratio", "per_row", "each_more", "none", "seconds", "gib"]
    limit: float = 0.0
    units: int = 1


NO_AIM = Aim("none")


@dataclass(frozen=True)
class Work:
    """Some work: our way, the others with the aim of ours against each, and what else to say.

    A way that works in a JVM which is there already has a turn that does not count (`warms`): what
    the JVM compiles in it is not the work's.
    """

    title: str
    ours: Way
    others: Sequence[tuple[Way, Aim]]
    alone: Aim | None = None
    note: str = ""
    warms: bool = False

    @property
    def ways(self) -> list[Way]:
        return [self.ours, *(way for way, _ in self.others)]


@dataclass(frozen=True)
class Measured:
    """What each way cost, by its name, and what all of them have made."""

    usages: Mapping[str, Usage]
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)


def measure_in_turns(work: Work, *, turns: int, events: Path) -> Measured:
    """Do the work in each way `turns` times, one after the other, and return the medians.

    What an other way has made must be part of what ours has made. Raises UnequalOutcomesError where
    it is not; nothing is measured then.
    """
    usages: dict[str, list[Usage]] = {way.name: [] for way in work.ways}
    outcomes: dict[str, Outcome] = {}
    for turn in range(turns + work.warms):
        for way in work.ways:
            way.prepare()
            usage = way.measure(way.do, events=events)
            outcomes[way.name] = way.outcome()
            if turn >= work.warms:
                usages[way.name].append(usage)
        for way, _ in work.others:
            _require_equal(work, way, outcomes)
    return Measured({name: median_of(found) for name, found in usages.items()}, outcomes)


def median_of(usages: Sequence[Usage]) -> Usage:
    """Return the median of each cost, by itself."""

    def median(of: Callable[[Usage], float]) -> float:
        return statistics.median(map(of, usages))

    return Usage(
        median(lambda usage: usage.seconds),
        median(lambda usage: usage.cpu_seconds),
        round(median(lambda usage: usage.peak_bytes)),
        round(median(lambda usage: usage.read_bytes)),
        round(median(lambda usage: usage.written_bytes)),
        Executed(
            round(median(lambda usage: usage.executed.jobs)),
            round(median(lambda usage: usage.executed.stages)),
        ),
    )


def _require_equal(work: Work, other: Way, outcomes: Mapping[str, Outcome]) -> None:
    ours, theirs = outcomes[work.ours.name], outcomes[other.name]
    if not theirs:
        raise UnequalOutcomesError(f"{work.title}: {other.name!r} says nothing of what it has made")
    unequal = {
        name: (ours.get(name), value) for name, value in theirs.items() if ours.get(name) != value
    }
    if unequal:
        raise UnequalOutcomesError(
            f"{work.title}: {work.ours.name!r} and {other.name!r} have not made the same: "
            + "; ".join(f"{name}: {we} and {they}" for name, (we, they) in unequal.items())
        )
