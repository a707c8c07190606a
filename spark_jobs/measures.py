"""Measures of a table's valid rows, and which of them are outside of their limits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import AS_OF, FILE_MODIFIED, FILE_SIZE
from conf.table_rules import FRESHNESS, MEAN, ROW_COUNT, SHARE, Measure, of_kind
from spark_jobs.finding import RuleFinding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, Row

    from conf.dataset import Dataset

_MOST_SHOWN = 3
_VALUE = "_value"
_HOUR = 3_600_000_000  # microseconds


def measure_findings(valid: DataFrame, bronze: DataFrame, contract: Dataset) -> list[RuleFinding]:
    """Return a finding for each measure of a contract; measures of the same groups share a pass."""
    measures = of_kind(contract.table_rules, Measure)
    together: dict[tuple[str, ...], dict[str, Measure]] = {}
    for name, measure in measures.items():
        together.setdefault(measure.by, {})[name] = measure
    is_asked = any(measure.measure == FRESHNESS for measure in measures.values())
    newest = newest_moment(bronze) if is_asked else None
    values = {
        name: _value(measure, contract, newest).alias(_column(name))
        for name, measure in measures.items()
    }
    findings = [
        finding
        for by, some in together.items()
        for finding in _findings(valid.groupBy(*by).agg(*(values[name] for name in some)), by, some)
    ]
    return sorted(findings, key=lambda finding: list(measures).index(finding.rule))


def newest_moment(bronze: DataFrame) -> int | None:
    """Return the newest moment that bronze states, in microseconds since 1970-01-01 UTC.

    It is the latest `as_of`, or, where nobody stated one, the latest change of a file; None for
    Delta sources alone, whose rows have neither.
    """
    as_of = F.unix_micros(F.max(F.col(AS_OF)).cast("timestamp"))
    has_file = F.col(FILE_SIZE) > 0 if FILE_SIZE in bronze.columns else F.lit(True)  # noqa: FBT003 # a literal
    changed = F.max(F.when(has_file, F.col(FILE_MODIFIED))) * 1000
    newest: int | None = bronze.agg(F.coalesce(as_of, changed)).collect()[0][0]
    return newest


def _value(measure: Measure, contract: Dataset, newest: int | None) -> SparkColumn:
    if measure.measure == ROW_COUNT:
        return F.count(F.lit(1))
    of = F.expr(str(measure.of or contract.event_time))
    if measure.measure == SHARE:
        return F.avg(F.when(of, F.lit(1.0)).otherwise(F.lit(0.0)))
    if measure.measure == MEAN:
        return F.avg(of)
    if measure.measure == FRESHNESS:
        return (F.lit(newest) - F.unix_micros(F.max(of).cast("timestamp"))) / _HOUR
    return F.try_sum(of)  # null, and no wrong number, where a sum is too great for its type


def _column(rule: str) -> str:
    return f"_measure_{rule}"


def _findings(
    groups: DataFrame, by: Sequence[str], measures: Mapping[str, Measure]
) -> list[RuleFinding]:
    is_broken = {
        name: ~_within(F.col(_column(name)), measure) for name, measure in measures.items()
    }
    counts = [F.count(F.when(broken, 1)).alias(name) for name, broken in is_broken.items()]
    counted = groups.agg(F.count(F.lit(1)).alias("groups"), *counts).collect()[0].asDict()
    found = []
    for name, measure in measures.items():
        shown = []
        if counted[name]:
            broken = groups.where(is_broken[name]).select(*by, F.col(_column(name)).alias(_VALUE))
            shown = broken.orderBy(*by, _VALUE).limit(_MOST_SHOWN).collect()
        text = _text(measure, shown, counted[name], counted["groups"])
        found.append(RuleFinding(name, measure.level, counted[name], counted["groups"], text))
    return found


def _within(value: SparkColumn, measure: Measure) -> SparkColumn:
    """Return whether a measure is within its limits; what is not known is not."""
    inside = value.isNotNull()
    if measure.minimum is not None:
        inside &= value >= F.lit(Decimal(str(measure.minimum)))
    if measure.maximum is not None:
        inside &= value <= F.lit(Decimal(str(measure.maximum)))
    return inside


def _text(measure: Measure, shown: Sequence[Row], broken: int, groups: int) -> str:
    if not broken:
        return "is within its limits"
    of = f" of {measure.of!r}" if measure.of else ""
    limits = [
        f"{word} {limit:g}"
        for word, limit in (("min", measure.minimum), ("max", measure.maximum))
        if limit is not None
    ]
    said = [f"{_group(row, measure.by)}{_shown(row[_VALUE])}" for row in shown]
    told = f"{measure.measure}{of} is {', '.join(said)} ({', '.join(limits)})"
    return f"{told}, in {broken:,} of {groups:,} groups" if measure.by else told


def _group(row: Row, by: Sequence[str]) -> str:
    return "".join(f"{name} {str(row[name])!r} " for name in by)


def _shown(value: object) -> str:
    if value is None:
        return "not known"
    return f"{value:.6g}" if isinstance(value, float) else f"{value}"
