"""Which trials a policy ends: each policy, by what others had reported when they were as far."""

from __future__ import annotations

import dataclasses

import pytest

from aml_pipelines.execution.sweep.early_termination import is_ended
from aml_pipelines.pipeline.sweep import Sampling, Sweep, Termination

SWEEP = Sweep(
    search_space={},
    sampling=Sampling(),
    is_maximized=True,
    metric="auc",
    max_total_trials=8,
    max_concurrent_trials=1,
    trial_timeout=None,
    termination=None,
)


def ended(
    policy: Termination, reports: dict[int, list[float]], at: int, *, is_maximized: bool = True
) -> list[int]:
    sweep = dataclasses.replace(SWEEP, termination=policy, is_maximized=is_maximized)
    return [trial for trial in reports if is_ended(sweep, reports, trial, at)]


def test_a_bandit_ends_what_is_beyond_its_slack_of_the_best() -> None:
    # The best is 0.8: within a factor of 0.25 is down to 0.64, within 0.1 down to 0.7.
    reports = {0: [0.8], 1: [0.65], 2: [0.63]}
    assert ended(Termination("bandit", slack_factor=0.25), reports, 1) == [2]
    assert ended(Termination("bandit", slack_amount=0.1), reports, 1) == [1, 2]


def test_a_bandit_that_minimizes_ends_what_is_above_its_slack() -> None:
    # The best is 0.8: within a factor of 0.25 is up to 1.
    reports = {0: [0.8], 1: [0.99], 2: [1.01]}
    assert ended(Termination("bandit", slack_factor=0.25), reports, 1, is_maximized=False) == [2]


def test_a_trial_counts_by_its_best_report_so_far() -> None:
    reports = {0: [0.8, 0.8], 1: [0.8, 0.1]}
    assert ended(Termination("bandit", slack_amount=0.1), reports, 2) == []


def test_the_median_policy_ends_what_is_below_the_median_of_the_averages() -> None:
    # Averages 0.5, 0.4 and 0.2: the last trial's best, 0.3, is below 0.4.
    reports = {0: [0.4, 0.6], 1: [0.4, 0.4], 2: [0.1, 0.3]}
    assert ended(Termination("median_stopping"), reports, 2) == [2]


def test_truncation_ends_the_lowest_share_by_the_newest_report() -> None:
    # 40 % of 5 trials are 2; of the equal ones the later is the lower.
    reports = {0: [0.9, 0.2], 1: [0.1, 0.5], 2: [0.1, 0.2], 3: [0.1, 0.1], 4: [0.1, 0.6]}
    assert ended(Termination("truncation_selection", truncation_percentage=40), reports, 2) == [
        2,
        3,
    ]


def test_trials_are_compared_with_those_that_were_as_far() -> None:
    reports = {0: [0.1, 0.9], 1: [0.1]}
    assert ended(Termination("bandit", slack_amount=0.1), reports, 1) == []
    assert ended(Termination("truncation_selection", truncation_percentage=99), {0: [0.1]}, 1) == []


@pytest.mark.parametrize(
    ("at", "expected"), [(1, []), (2, []), (3, []), (4, [1]), (5, []), (6, [1])]
)
def test_a_policy_looks_at_every_interval_from_its_delay_on(at: int, expected: list[int]) -> None:
    policy = Termination("bandit", evaluation_interval=2, delay_evaluation=3, slack_amount=0.1)
    assert ended(policy, {0: [0.9] * 6, 1: [0.1] * 6}, at) == expected
