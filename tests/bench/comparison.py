"""What our way reaches against another one, and whether that is what it aims at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.turns import Aim, Measured, Way, Work

# What our way is compared with where it is alone.
NOBODY = "nothing"
_GIB = 2**30


@dataclass(frozen=True)
class Comparison:
    """One line of the table of ratios; `missed` is empty where the aim is met, or there is none."""

    work: str
    ours: str
    other: str
    aim: str
    measured: str
    missed: str


def compare(work: Work, measured: Measured) -> Iterator[Comparison]:
    """Yield how our way compares with each other one, and what it reaches alone."""
    for other, aim in work.others:
        yield _compare(work, other.name, aim, _value(aim, work, other, measured))
    if work.alone:
        alone = measured.usages[work.ours.name]
        value = alone.peak_bytes / _GIB if work.alone.kind == "gib" else alone.seconds
        yield _compare(work, NOBODY, work.alone, value / work.alone.units)


def _value(aim: Aim, work: Work, other: Way, measured: Measured) -> float:
    ours, theirs = (measured.usages[way.name].seconds for way in (work.ours, other))
    if aim.kind in ("faster", "none"):
        return theirs / ours
    if aim.kind == "per_row":
        return (ours / work.ours.rows) / (theirs / other.rows)
    if aim.kind == "each_more":
        return (ours - theirs) / aim.units
    return ours / theirs


def _compare(work: Work, other: str, aim: Aim, value: float) -> Comparison:
    limit = f"{aim.limit:g}"
    stated = {
        "faster": f"at least {limit} times faster",
        "ratio": f"at most {limit} times",
        "per_row": f"at most {limit} times a row",
        "seconds": f"at most {limit} s",
        "each_more": f"at most {limit} s each",
        "gib": f"at most {limit} GiB",
        "none": "reported",
    }[aim.kind]
    unit = {
        "faster": " times faster",
        "per_row": " times a row",
        "seconds": " s",
        "each_more": " s each",
        "gib": " GiB",
        "none": " times faster",
    }.get(aim.kind, " times")
    told = f"{value:.2f}{unit}"
    missed = _missed(aim, value)
    return Comparison(work.title, work.ours.name, other, stated, told, missed)


def _missed(aim: Aim, value: float) -> str:
    """Say by how much an aim is missed; nothing where it is not."""
    gap = aim.limit - value if aim.kind == "faster" else value - aim.limit
    return f"by {gap:.2f}" if aim.kind != "none" and gap > 0 else ""
