"""Which of several suspicions is told: what explains another one, the whole before its slices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conf.profile_columns import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.drift import Suspicion

SHAPES = ("drift", "score_drift", "label_drift")


def most_telling(suspicions: Sequence[Suspicion]) -> list[Suspicion]:
    """Leave out what another one explains: a shape by its values or nulls, a slice by the whole.

    Of several slices the one is told that differs most.
    """
    telling = {"vanished_value", "new_values", "nulls"}
    explained = {(each.column, each.slice) for each in suspicions if each.kind in telling}
    told = [
        each
        for each in suspicions
        if each.kind not in SHAPES or (each.column, each.slice) not in explained
    ]
    found_on_all = {each.column for each in told if each.slice == ALL}
    of_all = [each for each in told if each.slice == ALL]
    of_slices: dict[tuple[str, str], list[Suspicion]] = {}
    for each in told:
        if each.slice != ALL and each.column not in found_on_all:
            of_slices.setdefault((each.kind, each.column), []).append(each)
    return [*of_all, *(_worst(slices) for slices in of_slices.values())]


def _worst(suspicions: Sequence[Suspicion]) -> Suspicion:
    """Return the suspicion on the slice that differs most, with the number of the other slices."""

    def extent(suspicion: Suspicion) -> float:
        told = suspicion.evidence.get("psi", suspicion.evidence.get("share"))
        return float(told or 0.0)

    worst = max(suspicions, key=extent)
    cause = f"of {worst.slice}: {worst.cause}"
    others = {"other_slices": len({each.slice for each in suspicions}) - 1}
    return replace(worst, cause=cause, evidence={**worst.evidence, **others})
