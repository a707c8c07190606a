"""Draws the values of trials: at random, from a grid, or by what earlier trials have reached."""

from __future__ import annotations

import itertools
import math
import random
from statistics import NormalDist
from typing import TYPE_CHECKING, Protocol

from aml_pipelines.pipeline.search_space import CHOICE, NUMBERS
from aml_pipelines.pipeline.sweep import BAYESIAN, GRID, SOBOL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aml_pipelines.pipeline.search_space import Distribution
    from aml_pipelines.pipeline.sweep import Sweep
    from aml_pipelines.pipeline.yaml_lines import Scalar

Values = dict[str, "Scalar"]
_SMALLEST = 2.0**-53  # a point of 0 has no normal value


class Sampler(Protocol):
    """Draws values for one trial after the other."""

    about: str  # what a log says of it

    def draw(self, trial: int) -> Values | None:
        """Return the values of a trial; None when there are no more."""
        ...

    def learn(self, trial: int, metric: float | None) -> None:
        """Learn the metric of a trial that has ended; None for one that has none."""
        ...


def sampler_of(sweep: Sweep) -> Sampler:
    """Return the sampler that a sweep asks for; it draws a seed when none is stated."""
    if sweep.sampling.algorithm == GRID:
        return _Fixed("grid", _grid(sweep))
    seed = sweep.sampling.seed
    if seed is None:
        seed = random.SystemRandom().randrange(2**31)
    if sweep.sampling.algorithm == BAYESIAN:
        # A second of imports, for those alone who ask for it.
        from aml_pipelines.execution.sweep.bayesian import BayesianSampler  # noqa: PLC0415

        return BayesianSampler(sweep, seed)
    rule = sweep.sampling.rule
    points = _sobol_points if rule == SOBOL else _random_points
    return _Fixed(f"{rule} with seed {seed}", _drawn(sweep, points(len(sweep.search_space), seed)))


class _Fixed:
    """Values that do not depend on what trials reach."""

    def __init__(self, about: str, values: Iterator[Values]) -> None:
        self.about = about
        self._values = values

    def draw(self, _: int) -> Values | None:
        return next(self._values, None)

    def learn(self, _: int, __: float | None) -> None:
        """Learn nothing."""


def _grid(sweep: Sweep) -> Iterator[Values]:
    listed = [distribution.values for distribution in sweep.search_space.values()]
    for values in itertools.product(*listed):
        yield dict(zip(sweep.search_space, values, strict=True))


def _drawn(sweep: Sweep, points: Iterator[list[float]]) -> Iterator[Values]:
    for point in points:
        yield {
            name: value_at(distribution, place, sweep.sampling.logbase)
            for (name, distribution), place in zip(sweep.search_space.items(), point, strict=True)
        }


def _random_points(dimensions: int, seed: int) -> Iterator[list[float]]:
    drawn = random.Random(seed)  # noqa: S311 # no secret
    while True:
        yield [drawn.random() for _ in range(dimensions)]


def _sobol_points(dimensions: int, seed: int) -> Iterator[list[float]]:
    from scipy.stats.qmc import Sobol  # noqa: PLC0415 # a second of imports

    drawn = Sobol(dimensions, seed=seed)
    while True:
        yield [float(place) for place in drawn.random(1)[0]]


def value_at(distribution: Distribution, place: float, logbase: float | None = None) -> Scalar:
    """Return the value below which a distribution has the share `place`, from 0 to 1.

    The logarithm of a log distribution is distributed as its kind without log, to the base
    `logbase`, e unless stated. One with a q has multiples of it.
    """
    if distribution.kind == CHOICE:
        return distribution.values[int(place * len(distribution.values))]
    numbers = dict(zip(NUMBERS[distribution.kind], distribution.numbers, strict=True))
    if distribution.kind == "randint":
        return int(place * numbers["upper"])
    value = _SHARES["sigma" in numbers](numbers, place)
    if "log" in distribution.kind:
        value = (logbase or math.e) ** value
    step = numbers.get("q")
    # Whole steps give whole numbers: a script may read them as such.
    return value if step is None else round(value / step) * step


def _between(numbers: dict[str, float], place: float) -> float:
    low, high = numbers["min_value"], numbers["max_value"]
    return low + place * (high - low)


def _around(numbers: dict[str, float], place: float) -> float:
    return NormalDist(numbers["mu"], numbers["sigma"]).inv_cdf(max(place, _SMALLEST))


_SHARES: dict[bool, Callable[[dict[str, float], float], float]] = {False: _between, True: _around}
