"""docs/performance.md as `make bench` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.target import REPOSITORY
from tests.bench.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.measuring import Cost, Found
    from tests.bench.sizes import Size

PAGE = REPOSITORY / "docs" / "performance.md"
_MIB = 2**20
_TITLE = "# Performance\n"
_HEAD = """\
`make bench SIZE=…` wrote this page, of what it has measured last at each size
(`tests/bench/measured`). Each way to do some work was measured on one machine in turns: ours, the
others, ours again. A figure is the median of the turns. **What all ways had made was compared
first:** a pair that is not equal, by rows and by a hash over them, is an error and has no figures
here. An aim that is not met stays, with how far off it is. Where no commit stands, it was not
written down.

- *seconds* are those of a clock, *CPU* those of all processes, the JVM too. *Peak* is the most
  memory that all of them had at a moment, a shared page counted once. *Read* and *written* went
  through read and write calls. *Jobs* and *stages* are Spark's, by its event log.
- A ratio says more than its two figures: both are of one machine, with the same work beside them.
"""
_SMALL = """\
> **These are figures of `SIZE=small`**: they show that the bench works and that outcomes are equal.
> The start of a process is most of each time: no ratio here says anything about a larger size.
"""


def page(found: Sequence[Found]) -> str:
    """Return the text of the page, with what was found size by size."""
    sizes = [size for size in SIZES.values() if any(each.size == size.name for each in found)]
    return "\n".join([_TITLE, _HEAD, *(_section(size, found) for size in sizes)])


def rows_of(found: Found) -> list[str]:
    """Return the lines of a module's comparisons and costs, for a terminal."""
    lines = [
        f"{each.work}: {each.ours} against {each.other}: {each.measured} (aim {each.aim})"
        + (f", missed {each.missed}" if each.missed else "")
        for each in found.comparisons
    ]
    costs = [
        f"  {cost.way}: {cost.usage.seconds:.1f} s, CPU {cost.usage.cpu_seconds:.1f} s, "
        f"{cost.rows:,} rows, peak {cost.usage.peak_bytes / _MIB:,.0f} MiB, "
        f"{cost.usage.executed.jobs} jobs, {cost.usage.executed.stages} stages"
        for cost in found.costs
    ]
    return [*lines, *costs, *(f"not measured: {why}" for why in found.not_here)]


def _section(size: Size, all_found: Sequence[Found]) -> str:
    found = [each for each in all_found if each.size == size.name]
    machines = sorted({each.machine for each in found})
    loads = [each.load for each in found]
    turns = "a turn" if size.turns == 1 else f"{size.turns} turns"
    busy = f"The load before each piece was {min(loads):.1f} to {max(loads):.1f}; {turns} each."
    comparisons = [
        f"| {each.work} | {each.ours} | {each.other} | {each.aim} | {each.measured} | "
        f"{each.missed} | {one.day} | {one.commit} |"
        for one in found
        for each in one.comparisons
    ]
    costs = [_cost(cost) for one in found for cost in one.costs]
    notes = [f"- {work}: {note}" for one in found for work, note in one.notes.items()]
    not_here = [f"- Not measured: {why}" for one in found for why in one.not_here]
    errors = [f"- **Failed**: {_first_line(error)}" for one in found for error in one.errors]
    remarks = [*notes, *not_here, *errors]
    lines = [
        f"## `SIZE={size.name}`: {size.title}\n",
        *([_SMALL] if size.is_small else []),
        f"On {' and '.join(machines)}. {busy}\n",
        *_table("work | ours | against | aim | measured | missed | on | at", comparisons),
        *([*remarks, ""] if remarks else []),
        *_table(
            "work | way | rows | rows/s | seconds | CPU s | peak MiB | read MiB | written MiB "
            "| jobs | stages",
            costs,
        ),
    ]
    return "\n".join(lines)


def _first_line(error: str) -> str:
    return error.partition("\n")[0]


def _table(head: str, rows: Sequence[str]) -> list[str]:
    return [f"| {head} |", "|---" * (head.count("|") + 1) + "|", *rows, ""]


def _cost(cost: Cost) -> str:
    usage = cost.usage
    cells = [
        *(cost.work, cost.way, *_rows(cost)),
        *(f"{usage.seconds:.1f}", f"{usage.cpu_seconds:.1f}"),
        *(
            f"{size / _MIB:,.1f}"
            for size in (usage.peak_bytes, usage.read_bytes, usage.written_bytes)
        ),
        *(f"{usage.executed.jobs}", f"{usage.executed.stages}"),
    ]
    return f"| {' | '.join(cells)} |"


def _rows(cost: Cost) -> tuple[str, str]:
    """Return the rows and the rows a second of work that has some."""
    return (f"{cost.rows:,}", f"{cost.rows / cost.usage.seconds:,.0f}") if cost.rows else ("", "")
