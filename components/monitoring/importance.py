"""How much a model leans on each feature: what its metric loses when the feature is shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learning.alike import score_alike
from learning.metrics import MetricError, measure

if TYPE_CHECKING:
    import pandas as pd

    from conf.model import Model
    from learning.metrics import Vector
    from scorer import Scorer

MOST_ROWS = 2000


def importances(
    scorer: Scorer, rows: pd.DataFrame, outcome: Vector, model: Model
) -> dict[str, float]:
    """Return the permutation importance of each feature on at most MOST_ROWS test rows.

    Breiman (2001), doi:10.1023/A:1010933404324, section 10; of features that tell the same, each
    has a small one. Without an outcome of each class there is none.
    """
    draws = np.random.default_rng(model.seed)
    chosen = np.sort(draws.permutation(len(rows))[:MOST_ROWS])
    sample, known = rows.iloc[chosen].reset_index(drop=True), outcome[chosen]
    sign = 1 if model.greater_is_better else -1

    def measured(told: pd.DataFrame) -> float:
        scores = score_alike({"winner": scorer}, told, model)["winner"]
        return sign * measure(model.metric, known, scores, threshold=model.threshold)

    try:
        whole = measured(sample)
        losses = {}
        for name in model.features:
            shuffled = sample[name].iloc[draws.permutation(len(sample))].set_axis(sample.index)
            losses[name] = whole - measured(sample.assign(**{name: shuffled}))
    except MetricError:
        return {}
    return losses
