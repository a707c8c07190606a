"""Crashes the main job at every point, and writes docs/faults.md: python -m tests.chaos."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from rich.progress import track

from tests.chaos.crashes import alike
from tests.chaos.page import PAGE, page
from tests.chaos.suites import read_results
from tests.chaos.tried import Tried, read_tried, write_tried
from tests.chaos.worker import Worker, begin, crash_here
from tests.measured_at import short_commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from tests.chaos.crashes import Crash, Outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, help="begin no crash after so many (all of them)")
    parser.add_argument("--workers", type=int, default=2, help="crashes at once")
    options = parser.parse_args()
    before, commit = read_tried(), short_commit()  # before outcomes are written into it
    plan = tried_for(_plan(), before)
    tried = {each: before[each] for each in dict.fromkeys(plan.values()) if each in before}
    write_tried(tried)  # without what is a point no more, as the page has it
    # What was tried longest ago comes first, and before it what never was.
    chosen = sorted(dict.fromkeys(plan.values()), key=lambda each: before.get(each, Tried()).day)
    deadline = time.monotonic() + 60 * options.minutes if options.minutes else float("inf")
    for crash, outcome in _outcomes(chosen, options.workers, deadline):
        tried[crash] = Tried.today(outcome, commit)
        write_tried(tried)
        if not outcome.is_equal:
            print(f"{crash}: {outcome.differences}\n{outcome.text}")
    PAGE.write_text(page(plan, tried, read_results()), "utf-8")
    unequal = sum(not each.is_equal for each in tried.values())
    print(f"wrote {PAGE.name}; {unequal} of {len(tried)} crashes did not end equal")
    return 1 if unequal else 0


def tried_for(plan: Mapping[Crash, Crash], before: Mapping[Crash, Tried]) -> dict[Crash, Crash]:
    """Let a crash that was tried before stand for those like it, in place of the last of them.

    Nodes that run at once reach their points in another order each time, so that another one of
    them is the last.
    """
    alike: dict[Crash, list[Crash]] = {}
    for each, by in plan.items():
        alike.setdefault(by, []).append(each)
    tried = {
        by: max((each for each in those if each in before), key=lambda each: before[each].day)
        for by, those in alike.items()
        if by not in before and any(each in before for each in those)
    }
    return {each: tried.get(by, by) for each, by in plan.items()}


def _plan() -> Mapping[Crash, Crash]:
    """Return each crash that can be, with the one that is tried for it."""
    worker = Worker()
    found = {each: by for stage in worker.stages.values() for each, by in alike(stage).items()}
    worker.stop()
    return found


def _outcomes(
    chosen: Sequence[Crash], workers: int, deadline: float
) -> Iterator[tuple[Crash, Outcome]]:
    """Try crashes in their order, until all are tried or it is too late to begin another."""
    waiting = list(reversed(chosen))
    at_work: dict[Future[Outcome], Crash] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, begin) as pool:
        for _ in track(chosen, description="crashes"):
            while waiting and len(at_work) < workers and time.monotonic() < deadline:
                crash = waiting.pop()
                at_work[pool.submit(crash_here, crash)] = crash
            if not at_work:
                return
            ended = next(as_completed(at_work))
            yield at_work.pop(ended), ended.result()


if __name__ == "__main__":
    sys.exit(main())
