"""Bayesian sampling: Optuna's sampler stands in for Azure ML's, which is not public."""

from __future__ import annotations

from typing import TYPE_CHECKING

import optuna

from aml_pipelines.execution.sweep.sampling import Values, value_at
from aml_pipelines.pipeline.search_space import CHOICE, Distribution

if TYPE_CHECKING:
    from aml_pipelines.pipeline.sweep import Sweep
    from aml_pipelines.pipeline.yaml_lines import Scalar

STAND_IN = f"Optuna {optuna.__version__} TPESampler"


class BayesianSampler:
    """Draws values that are likely to be better than those of the trials so far."""

    def __init__(self, sweep: Sweep, seed: int) -> None:
        self.about = f"bayesian with seed {seed}, by {STAND_IN} in place of Azure's own sampler"
        self._space = sweep.search_space
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(
            direction="maximize" if sweep.is_maximized else "minimize",
            sampler=optuna.samplers.TPESampler(seed=seed),
        )
        self._trials: dict[int, optuna.Trial] = {}

    def draw(self, trial: int) -> Values | None:
        asked = self._trials[trial] = self._study.ask()
        return {name: _drawn(asked, name, space) for name, space in self._space.items()}

    def learn(self, trial: int, metric: float | None) -> None:
        if metric is None:
            self._study.tell(self._trials[trial], state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(self._trials[trial], metric)


def _drawn(trial: optuna.Trial, name: str, distribution: Distribution) -> Scalar:
    if distribution.kind == CHOICE:
        chosen: Scalar = trial.suggest_categorical(name, distribution.values)
        return chosen
    return value_at(distribution, trial.suggest_float(name, 0.0, 1.0))
