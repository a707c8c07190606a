"""Which of several suspicions is told: what explains another one, the whole before its slices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conf.profile_columns import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.drift import Suspicion
    from monitoring.finding import HealthFinding

OF_NULLS = ("nulls", "null_rate")
ALIKE = 0.02  # of the rows
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


def joined_nulls(findings: Sequence[HealthFinding]) -> list[HealthFinding]:
    """Tell columns once that are null in as many rows of the same day: their source was missing.

    The most important column stands for the others, which its cause and `columns` name.
    """
    told = [each for each in findings if each.kind not in OF_NULLS]
    groups: list[list[HealthFinding]] = []
    for each in sorted((f for f in findings if f.kind in OF_NULLS), key=_of_nulls):
        place, share = _of_nulls(each)
        before, at_least = _of_nulls(groups[-1][0]) if groups else (None, 0.0)
        if place == before and share - at_least <= ALIKE:
            groups[-1].append(each)
        else:
            groups.append([each])
    return [*told, *(_joined(group) if len(group) > 1 else group[0] for group in groups)]


def _of_nulls(finding: HealthFinding) -> tuple[tuple[str, str, str], float]:
    """Return what is of one kind, slice and day, and the share of nulls beyond the usual."""
    share = finding.evidence.get("share", finding.evidence.get("value"))
    more = float(share or 0.0) - float(finding.evidence.get("reference") or 0.0)
    return (finding.kind, finding.slice, finding.day), more


def _joined(findings: Sequence[HealthFinding]) -> HealthFinding:
    first, *others = sorted(findings, key=lambda f: (-(f.importance or 0.0), f.column or ""))
    names = ", ".join(sorted(str(each.column) for each in others))
    return replace(
        first,
        cause=f"{first.cause}; likewise {names}",
        evidence={**first.evidence, "columns": names},
    )


def _worst(suspicions: Sequence[Suspicion]) -> Suspicion:
    """Return the suspicion on the slice that differs most, with the number of the other slices."""

    def extent(suspicion: Suspicion) -> float:
        told = suspicion.evidence.get("psi", suspicion.evidence.get("share"))
        return float(told or 0.0)

    worst = max(suspicions, key=extent)
    cause = f"of {worst.slice}: {worst.cause}"
    others = {"other_slices": len({each.slice for each in suspicions}) - 1}
    return replace(worst, cause=cause, evidence={**worst.evidence, **others})
