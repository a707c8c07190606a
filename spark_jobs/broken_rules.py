"""The rules that a row broke, packed into bits: only the few broken rows need their names."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pyspark.sql import Column as SparkColumn

_BITS = 60  # of a long, per mask column


def rule_masks(rules: Mapping[str, SparkColumn]) -> list[SparkColumn]:
    """Return columns whose bits are the rules that a row broke; a rule that is null is broken."""
    conditions = list(rules.values())
    masks = []
    for start in range(0, len(conditions), _BITS):
        bits = [
            F.when(F.coalesce(holds, F.lit(False)), F.lit(0)).otherwise(F.lit(1 << bit))  # noqa: FBT003 # a literal
            for bit, holds in enumerate(conditions[start : start + _BITS])
        ]
        masks.append(reduce(lambda a, b: a + b, bits).cast("long").alias(_mask(start)))
    return masks


def broke_one(names: Sequence[str], *, among: Collection[str]) -> SparkColumn:
    """Return whether a row broke one of the rules `among` those of its masks, which are `names`."""
    conditions = []
    for start in range(0, len(names), _BITS):
        mask, within = F.col(_mask(start)), names[start : start + _BITS]
        if not {*within} <= {*among}:
            bits = sum(1 << bit for bit, name in enumerate(within) if name in among)
            mask = mask.bitwiseAND(F.lit(bits).cast("long"))
        conditions.append(mask != 0)
    return reduce(or_, conditions)


def named_if_broken(names: Sequence[str]) -> list[SparkColumn]:
    """Return, for each of the rules `names`, its name where a row broke it, else null."""
    return [
        F.when(
            F.col(_mask(index - index % _BITS)).bitwiseAND(F.lit(1 << index % _BITS)) != 0,
            F.lit(name),
        )
        for index, name in enumerate(names)
    ]


def _mask(start: int) -> str:
    return f"_mask_{start}"
