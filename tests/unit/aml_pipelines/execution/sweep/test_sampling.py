"""What sweeps draw: each distribution, grids, and seeds that repeat."""

from __future__ import annotations

import math
from itertools import count

import pytest

from aml_pipelines.execution.sweep.sampling import sampler_of, value_at
from aml_pipelines.pipeline.search_space import Distribution
from aml_pipelines.pipeline.sweep import Sampling, Sweep

RATE = Distribution("uniform", (0, 8))
SHAPE = Distribution("choice", values=("round", "square"))


def sweep(sampling: Sampling, **space: Distribution) -> Sweep:
    return Sweep(
        search_space=space,
        sampling=sampling,
        is_maximized=True,
        metric="auc",
        max_total_trials=8,
        max_concurrent_trials=1,
        trial_timeout=None,
        termination=None,
    )


def drawn(sampling: Sampling, trials: int, **space: Distribution) -> list[object]:
    sampler = sampler_of(sweep(sampling, **space))
    return [sampler.draw(trial) for trial in range(trials)]


@pytest.mark.parametrize(
    ("distribution", "middle"),
    [
        (Distribution("uniform", (2, 4)), 3.0),
        (Distribution("quniform", (2, 5, 2)), 4),  # 3.5 is 1.75 steps
        (Distribution("loguniform", (0, 2)), math.e),
        (Distribution("qloguniform", (0, 2, 0.5)), 2.5),  # e is 5.4 steps
        (Distribution("normal", (5, 2)), 5.0),
        (Distribution("qnormal", (5, 2, 4)), 4),  # 1.25 steps
        (Distribution("lognormal", (1, 2)), math.e),
        (Distribution("qlognormal", (1, 2, 1)), 3),
        (Distribution("randint", (5,)), 2),
        (SHAPE, "square"),
    ],
    ids=lambda value: value.kind if isinstance(value, Distribution) else "",
)
def test_half_of_a_distribution_is_below_its_middle(
    distribution: Distribution, middle: object
) -> None:
    assert value_at(distribution, 0.5) == pytest.approx(middle)


def test_whole_steps_give_whole_numbers_and_a_log_has_the_base_that_is_stated() -> None:
    assert str(value_at(Distribution("quniform", (2, 5, 2)), 0.5)) == "4"
    assert value_at(Distribution("loguniform", (-3, -1)), 0.5, logbase=10) == pytest.approx(0.01)


def test_a_normal_has_a_value_at_its_lowest_end() -> None:
    assert math.isfinite(float(str(value_at(Distribution("normal", (0, 1)), 0.0))))


def test_a_grid_has_every_combination_once() -> None:
    depth = Distribution("choice", values=(1, 2))
    assert drawn(Sampling("grid"), 5, depth=depth, shape=SHAPE) == [
        {"depth": 1, "shape": "round"},
        {"depth": 1, "shape": "square"},
        {"depth": 2, "shape": "round"},
        {"depth": 2, "shape": "square"},
        None,
    ]


@pytest.mark.parametrize("rule", ["random", "sobol"])
def test_a_seed_draws_the_same_values_again_and_another_seed_others(rule: str) -> None:
    first = drawn(Sampling(seed=3, rule=rule), 4, rate=RATE, shape=SHAPE)
    assert drawn(Sampling(seed=3, rule=rule), 4, rate=RATE, shape=SHAPE) == first
    assert drawn(Sampling(seed=4, rule=rule), 4, rate=RATE, shape=SHAPE) != first


def test_sobol_has_one_of_eight_points_in_each_eighth() -> None:
    sampler = sampler_of(sweep(Sampling(seed=3, rule="sobol"), rate=RATE))
    points = [sampler.draw(trial) for trial in range(8)]
    assert sorted(int(float(str(point["rate"]))) for point in points if point) == [*range(8)]


def test_bayesian_sampling_nears_the_best_and_says_whose_it_is() -> None:
    sampler = sampler_of(sweep(Sampling("bayesian", seed=3), rate=RATE, shape=SHAPE))
    assert "Optuna" in sampler.about
    near = 0
    for trial in count():
        values = sampler.draw(trial)
        assert values
        distance = abs(float(str(values["rate"])) - 6)
        sampler.learn(trial, None if trial == 0 else -distance)
        near += trial >= 30 and distance < 1
        if trial == 39:
            break
    assert near > 5  # a quarter of the range is this near
