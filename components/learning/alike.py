"""Score the same rows with winner and champion, so that one metric can measure both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learning.champion import ChampionError
from learning.classes import Classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from conf.model import Model
    from conf.model_classes import ClassName
    from learning.metrics import Vector
    from scorer import Scorer


def classes_known(scorer: Scorer) -> Classes | None:
    """Return the classes that a model predicts; None for a regression."""
    if scorer.task == "regression":
        return None
    return Classes(scorer.classes, scorer.positive)


def class_names(scorers: Mapping[str, Scorer]) -> list[str]:
    """Return the names of the classes that `score_alike` scores, in the order of their codes."""
    if scorers["winner"].task == "regression":
        return []
    return [str(name) for name in _classes_of_all(scorers)]


def score_alike(
    scorers: Mapping[str, Scorer], rows: pd.DataFrame, model: Model
) -> dict[str, Vector]:
    """Return the scores of the same rows by each model, (n,) or (n, k), by name of class.

    The classes are the winner's, followed by those that the champion alone knows: no row is of
    them, but the champion may take a row for one. A class that the champion does not know has the
    probability 0 to it. Raises ChampionError for a champion of another task, or one that does not
    know the winner's positive class.
    """
    winner = scorers["winner"]
    for scorer in scorers.values():
        _refuse_other(scorer, winner, model)
    if winner.task == "regression":
        return {name: scorer.score(rows)["score"].to_numpy() for name, scorer in scorers.items()}
    names = _classes_of_all(scorers)
    scores = {name: _probabilities(scorer, rows, names) for name, scorer in scorers.items()}
    if winner.positive is None:
        return scores
    return {name: columns[:, names.index(winner.positive)] for name, columns in scores.items()}


def _classes_of_all(scorers: Mapping[str, Scorer]) -> list[ClassName]:
    winner = scorers["winner"]
    if winner.positive is not None:
        return list(winner.classes)
    return list(dict.fromkeys(name for scorer in scorers.values() for name in scorer.classes))


def _probabilities(scorer: Scorer, rows: pd.DataFrame, names: Sequence[ClassName]) -> Vector:
    """Return the probability (n, k) of each of `names`."""
    known = scorer.probabilities(rows)
    none = np.zeros(len(rows))
    columns = [known[:, scorer.classes.index(n)] if n in scorer.classes else none for n in names]
    return np.column_stack(columns)


def _refuse_other(scorer: Scorer, winner: Scorer, model: Model) -> None:
    problem = None
    if scorer.task != winner.task:
        problem = f"is of the task {scorer.task}, and the winner of {winner.task}"
    elif winner.positive is not None and winner.positive not in scorer.classes:
        problem = f"knows the classes {list(scorer.classes)}, and not {winner.positive!r}"
    if problem:
        raise ChampionError(
            f"the champion of {model.name!r} {problem}: they cannot be compared; take the tag "
            "'champion' off its version, or train under another model name"
        )
