"""Ways are measured in turns, and only if all of them have made the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.bench.comparison import Comparison, compare
from tests.bench.event_log import Executed
from tests.bench.kept import keep, kept_of
from tests.bench.measuring import Cost, Found
from tests.bench.page import page
from tests.bench.sizes import SIZES
from tests.bench.turns import (
    Aim,
    Measured,
    UnequalOutcomesError,
    Way,
    Work,
    measure_in_turns,
    median_of,
)
from tests.bench.usage import Usage
from tests.bench.works import CLUSTER, all_works, works_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.turns import Outcome


def usage_of(seconds: float) -> Usage:
    return Usage(seconds, 2 * seconds, 2**20, 0, 2**21, Executed(3, 4))


def measured_by(done: list[str]) -> Callable[..., Usage]:
    """Return a measure by which the n-th thing that is done takes n seconds."""

    def measure(do: Callable[[], object], *, events: Path) -> Usage:
        assert events.name == "events"
        do()
        return usage_of(len(done))

    return measure


def work_of(done: list[str], ours: Outcome, theirs: Outcome, **more: object) -> Work:
    def way(name: str, outcome: Outcome) -> Way:
        measure = measured_by(done)
        return Way(name, 10, lambda: done.append(name), lambda: outcome, measure=measure)

    return Work("copy", way("a", ours), [(way("b", theirs), Aim("ratio", 1.0))], warms=bool(more))


def test_ways_take_turns_and_the_median_of_each_counts(tmp_path: Path) -> None:
    done: list[str] = []
    work = work_of(done, {"rows": 1, "more": 2}, {"rows": 1})
    measured = measure_in_turns(work, turns=3, events=tmp_path / "events")
    assert done == ["a", "b"] * 3
    assert [measured.usages[name].seconds for name in "ab"] == [3, 4]


def test_the_turn_in_which_a_jvm_warms_up_does_not_count(tmp_path: Path) -> None:
    done: list[str] = []
    work = work_of(done, {"rows": 1}, {"rows": 1}, warms=True)
    measured = measure_in_turns(work, turns=1, events=tmp_path / "events")
    assert done == ["a", "b"] * 2
    assert [measured.usages[name].seconds for name in "ab"] == [3, 4]


@pytest.mark.parametrize(
    ("theirs", "said"),
    [({"rows": 2}, "rows: 1 and 2"), ({"digest": "x"}, "digest: None and x"), ({}, "says nothing")],
)
def test_unequal_outcomes_are_an_error_that_names_them(
    tmp_path: Path, theirs: Outcome, said: str
) -> None:
    work = work_of([], {"rows": 1}, theirs)
    with pytest.raises(UnequalOutcomesError, match=said):
        measure_in_turns(work, turns=1, events=tmp_path / "events")


def test_the_median_of_each_cost_is_taken_by_itself() -> None:
    costs = [Usage(1, 9, 5, 1, 1, Executed(1, 1)), Usage(3, 1, 7, 2, 2, Executed(2, 2))]
    assert median_of([*costs, Usage(2, 2, 6, 3, 3, Executed(3, 3))]) == Usage(
        2, 2, 6, 2, 2, Executed(2, 2)
    )


@pytest.mark.parametrize(
    ("aim", "measured", "missed"),
    [
        (Aim("faster", 2.5), "2.00 times faster", "by 0.50"),
        (Aim("faster", 1.8), "2.00 times faster", ""),
        (Aim("ratio", 0.4), "0.50 times", "by 0.10"),
        (Aim("ratio", 4), "0.50 times", ""),
        (Aim("per_row", 1.1), "1.00 times a row", ""),
        (Aim("each_more", 0.2, units=4), "-1.00 s each", ""),
        (Aim("none"), "2.00 times faster", ""),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_comparison_says_by_how_much_an_aim_is_missed(
    aim: Aim, measured: str, missed: str
) -> None:
    ours, other = (Way(name, rows, list, dict) for name, rows in (("a", 10), ("b", 20)))
    costs = Measured({"a": usage_of(4), "b": usage_of(8)})
    (found,) = compare(Work("copy", ours, [(other, aim)]), costs)
    assert (found.measured, found.missed) == (measured, missed)


@pytest.mark.parametrize(
    ("aim", "measured", "missed"),
    [
        (Aim("seconds", 1.0, units=2), "2.00 s", "by 1.00"),
        (Aim("seconds", 5.0), "4.00 s", ""),
        (Aim("gib", 0.5), "2.00 GiB", "by 1.50"),
        (Aim("gib", 8), "2.00 GiB", ""),
    ],
    ids=lambda value: str(value)[:30],
)
def test_our_way_alone_has_an_aim_too(aim: Aim, measured: str, missed: str) -> None:
    ours = Way("a", 10, list, dict)
    cost = replace(usage_of(4), peak_bytes=2**31)
    (found,) = compare(Work("copy", ours, [], alone=aim), Measured({"a": cost}))
    assert (found.other, found.measured, found.missed) == ("nothing", measured, missed)


def test_a_cluster_is_started_only_where_it_is_asked_for() -> None:
    assert {each for size in SIZES.values() for each in works_of(size)} == {*all_works()} - {
        CLUSTER
    }


def test_the_page_says_of_few_rows_that_they_are() -> None:
    sizes = [Found("plan", size, "2 cores", 9.0, "2026-01-31", "abc") for size in ("small", "10")]
    small, _, ten = page(sizes).partition("## `SIZE=10`")
    assert "> **These are figures of `SIZE=small`**" in small.partition("## `SIZE=small`")[2]
    assert "figures of `SIZE=small`" not in ten


def test_what_is_measured_anew_takes_the_place_of_the_same_at_its_size(tmp_path: Path) -> None:
    first, of_ten, anew = (
        Found("plan", size, "2 cores", 9.0, "2026-01-31", commit)
        for size, commit in (("year", "abc"), ("10", "abc"), ("year", "def"))
    )
    for found in (first, of_ten, anew):
        found.costs.append(Cost("plan", "a", 1, usage_of(2.0)))
        keep(found, tmp_path / "measured")
    assert kept_of(tmp_path / "measured") == [of_ten, anew]


def test_the_page_has_each_size_with_its_own_figures() -> None:
    sizes = [
        Found(
            "data_pipeline",
            size,
            "2 cores",
            9.0,
            "2026-01-31",
            "abc",
            costs=[Cost("copy", "a", 1000, usage_of(seconds))],
            comparisons=[Comparison("copy", "a", "b", "reported", f"{seconds}", "")],
            errors=[f"copy: {size} is not equal"],
        )
        for size, seconds in (("10", 8.0), ("year", 2.0))
    ]
    text = page(sizes)
    year, _, ten = text.partition("## `SIZE=10`")
    assert "figures of `SIZE=small`" not in text
    cost = "| copy | a | 1,000 | {} | 1.0 | 0.0 | 2.0 | 3 | 4 |".format
    assert [part.count(cost("500 | 2.0 | 4.0")) for part in (year, ten)] == [1, 0]
    assert [part.count(cost("125 | 8.0 | 16.0")) for part in (year, ten)] == [0, 1]
    assert "On 2 cores. " in year
    assert "| copy | a | b | reported | 2.0 |  | 2026-01-31 | abc |" in year
    assert "was 9.0 to 9.0; 3 turns each." in year
    assert "was 9.0 to 9.0; a turn each." in ten
    assert "year is not equal" in year
