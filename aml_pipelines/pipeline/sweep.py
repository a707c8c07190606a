"""How a sweep looks for the best trial, as its YAML states it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.search_space import Distribution, read_search_space

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.yaml_lines import Fields

SWEEPING = (
    *("search_space", "sampling_algorithm", "objective", "limits", "early_termination"),
    "queue_settings",
)
LIMITS = ("max_total_trials", "max_concurrent_trials", "timeout", "trial_timeout")
RANDOM, GRID, BAYESIAN = "random", "grid", "bayesian"
SOBOL = "sobol"
BANDIT, MEDIAN, TRUNCATION = "bandit", "median_stopping", "truncation_selection"
MAXIMIZE = "maximize"
_OF_POLICY: Mapping[str, tuple[str, ...]] = {
    BANDIT: ("slack_factor", "slack_amount"),
    MEDIAN: (),
    TRUNCATION: ("truncation_percentage",),
}


@dataclass(frozen=True)
class Sampling:
    """How values are drawn; without a seed every run draws others."""

    algorithm: str = RANDOM
    seed: int | None = None
    rule: str = RANDOM
    logbase: float | None = None


@dataclass(frozen=True)
class Termination:
    """When a trial is ended before it is done; an interval is one report of the metric."""

    policy: str
    evaluation_interval: int = 1
    delay_evaluation: int = 0
    slack_factor: float = 0.0
    slack_amount: float = 0.0
    truncation_percentage: int = 0


@dataclass(frozen=True)
class Sweep:
    """What is varied, what is looked for, and how many trials there may be."""

    search_space: Mapping[str, Distribution]
    sampling: Sampling
    is_maximized: bool
    metric: str
    max_total_trials: int
    max_concurrent_trials: int
    trial_timeout: float | None
    termination: Termination | None


def read_sweep(fields: Fields, name: str) -> Sweep:
    """Return the sweep of a job's block; report what it lacks and what is wrong with it."""
    space = fields.mapping("search_space")
    if not space.entries:
        fields.problems.add(fields.place_of("search_space"), f"sweep {name!r} has no search_space")
    objective, limits = fields.mapping("objective"), fields.mapping("limits")
    goal = _word(objective, "goal", ("minimize", MAXIMIZE), "objective.goal")
    metric = objective.text("primary_metric")
    if not metric:
        fields.problems.add(
            fields.place_of("objective"), f"sweep {name!r} has no objective.primary_metric"
        )
    limits.only(LIMITS, "limits")
    total = limits.whole("max_total_trials", minimum=1)
    if total is None and "max_total_trials" not in limits.entries:
        fields.problems.add(
            fields.place_of("limits"), f"sweep {name!r} has no limits.max_total_trials"
        )
    return Sweep(
        search_space=read_search_space(space),
        sampling=_sampling(fields),
        is_maximized=goal == MAXIMIZE,
        metric=metric,
        max_total_trials=total or 1,
        max_concurrent_trials=limits.whole("max_concurrent_trials", minimum=1) or total or 1,
        trial_timeout=limits.whole("trial_timeout", minimum=1),
        termination=_termination(fields),
    )


def _sampling(fields: Fields) -> Sampling:
    known = (RANDOM, GRID, BAYESIAN)
    if "sampling_algorithm" not in fields.entries:
        return Sampling()
    if fields.entries["sampling_algorithm"].kind != "mapping":
        return Sampling(_word(fields, "sampling_algorithm", known, "sampling_algorithm"))
    stated = fields.mapping("sampling_algorithm")
    algorithm = _word(stated, "type", known, "sampling_algorithm.type")
    own = ("seed", "rule", "logbase") if algorithm == RANDOM else ()
    stated.only(("type", *own), f"{algorithm} sampling")
    rule = _word(stated, "rule", (RANDOM, SOBOL), "rule") if "rule" in stated.entries else RANDOM
    return Sampling(algorithm, stated.whole("seed", minimum=0), rule, _logbase(stated))


def _logbase(fields: Fields) -> float | None:
    text = fields.text("logbase")
    try:
        base = None if text in ("", "e") else float(text)
    except ValueError:
        base = 0.0
    if base is not None and (base <= 0 or base == 1):
        fields.problems.add(
            fields.place_of("logbase"), f"logbase is {text!r}; it is 'e' or a number above 0"
        )
        return None
    return base


def _termination(fields: Fields) -> Termination | None:
    stated = fields.mapping("early_termination")
    if not stated.entries:
        return None
    policy = _word(stated, "type", tuple(_OF_POLICY), "early_termination.type")
    own = _OF_POLICY[policy]
    stated.only(("type", "evaluation_interval", "delay_evaluation", *own), f"the policy {policy}")
    numbers = {key: stated.scalar(key) or 0 for key in own}
    lacks = not any(isinstance(value, int | float) and value > 0 for value in numbers.values())
    if own and lacks:
        stated.problems.add(stated.place, f"the policy {policy} needs {' or '.join(own)} above 0")
    return Termination(
        policy=policy,
        # A request says 0 where nothing was stated.
        evaluation_interval=stated.whole("evaluation_interval", minimum=0) or 1,
        delay_evaluation=stated.whole("delay_evaluation", minimum=0) or 0,
        slack_factor=_positive(numbers.get("slack_factor")),
        slack_amount=_positive(numbers.get("slack_amount")),
        truncation_percentage=int(_positive(numbers.get("truncation_percentage"))),
    )


def _positive(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _word(fields: Fields, key: str, known: tuple[str, ...], shown: str) -> str:
    """Return one of `known`, however its letters are cased: Azure's client reads them so."""
    text = fields.text(key)
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()
    return word if fields.check_word(key, word, known, f"{shown} is {text!r}") else known[0]
