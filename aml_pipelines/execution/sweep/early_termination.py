"""Decides whether a trial is ended before it is done, by the metrics that trials have reported."""

from __future__ import annotations

from statistics import fmean, median
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.sweep import BANDIT, MEDIAN, TRUNCATION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aml_pipelines.pipeline.sweep import Sweep, Termination

Reports = dict[int, list[float]]  # trial → what it has reported, in order


def is_ended(sweep: Sweep, reports: Mapping[int, Sequence[float]], trial: int, at: int) -> bool:
    """Return whether the sweep's policy ends `trial` at its report number `at`, from 1.

    Trials are compared by what each had reported when it was as far. Every report is an interval.
    """
    policy = sweep.termination
    if policy is None or at < policy.delay_evaluation or at % policy.evaluation_interval:
        return False
    # To be greater is to be better below, whatever the goal.
    sign = 1.0 if sweep.is_maximized else -1.0
    as_far = {
        number: [sign * value for value in values[:at]]
        for number, values in reports.items()
        if len(values) >= at
    }
    return _POLICIES[policy.policy](policy, as_far, trial)


def _is_beyond_slack(policy: Termination, reports: Reports, trial: int) -> bool:
    own, best = max(reports[trial]), max(max(values) for values in reports.values())
    if policy.slack_amount:
        return own < best - policy.slack_amount
    # A ratio of 1 + slack, away from the best: below a gain, and above a loss.
    allowed = best / (1 + policy.slack_factor) if best > 0 else best * (1 + policy.slack_factor)
    return own < allowed


def _is_below_median(_: Termination, reports: Reports, trial: int) -> bool:
    averages = [fmean(values) for values in reports.values()]
    return max(reports[trial]) < median(averages)


def _is_among_last(policy: Termination, reports: Reports, trial: int) -> bool:
    count = len(reports) * policy.truncation_percentage // 100
    # Of equal trials the later is the worse, so that exactly the share is ended.
    worst_first = sorted(reports, key=lambda number: (reports[number][-1], -number))
    return trial in worst_first[:count]


_POLICIES: dict[str, Callable[[Termination, Reports, int], bool]] = {
    BANDIT: _is_beyond_slack,
    MEDIAN: _is_below_median,
    TRUNCATION: _is_among_last,
}
