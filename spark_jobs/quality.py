"""What a dataset's rules are found to be after its tables were written: warned of, or failed."""

from __future__ import annotations

import shlex
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import BROKEN_RULES, INGESTION_ID, SOURCE_FILE
from conf.rule_level import FAIL, QUARANTINE, WARN
from conf.table_rules import ForeignKey, Unique, of_kind
from spark_jobs import lake
from spark_jobs.finding import RuleFinding
from spark_jobs.foreign_keys import count_unknown
from spark_jobs.measures import measure_findings
from spark_jobs.repaired import standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.receipt import TableReceipt


class QualityError(RuntimeError):
    """More of a dataset breaks its rules than the contract tolerates."""


def count_broken_rules(quarantine: DataFrame) -> dict[str, int]:
    """Count how many quarantined rows broke each rule; a row that broke two counts for both."""
    broken = quarantine.select(F.explode(BROKEN_RULES).alias("rule")).groupBy("rule").count()
    return {row["rule"]: row["count"] for row in broken.orderBy("rule").collect()}


def broken_rules_in(spark: SparkSession, table: TableReceipt) -> dict[str, int]:
    """Count the broken rules of a table, without a Spark job where it has no row."""
    return count_broken_rules(lake.read_table(spark, table)) if table.rows_out else {}


def find_broken(
    spark: SparkSession,
    tables: Mapping[str, TableReceipt],
    bronze: TableReceipt,
    contract: Dataset,
    *,
    arrived: Sequence[str] | None,
    referenced: Mapping[str, DataFrame],
) -> list[RuleFinding]:
    """Return a finding for each rule of a contract that warns or fails, in its order.

    A rule of rows that fails is held against the rows that have `arrived`, as `max_quarantined` is;
    one that warns, and one over more than a row, against all valid rows.
    """
    levels = {level.name for level in contract.levels.values()}
    findings: list[RuleFinding] = []
    if FAIL in levels:
        findings += _failing_rows(spark, tables, bronze, contract, arrived)
    if WARN in levels:
        warned = broken_rules_in(spark, tables["warnings"])
        findings += findings_of_rows(contract, WARN, warned, tables["valid"].rows_out)
    if len(contract.table_rules) > len(contract.judged_with_rows):
        valid = lake.read_table(spark, tables["valid"])
        findings += _of_columns(valid, contract, referenced, tables["valid"].rows_out)
        findings += measure_findings(valid, lake.read_table(spark, bronze), contract)
    return findings


def findings_of_rows(
    contract: Dataset, level: str, broken: Mapping[str, int], of: int
) -> list[RuleFinding]:
    """Return a finding for each rule of rows of a level; `broken` counts the rows that broke it."""
    return [
        RuleFinding(name, stated, broken.get(name, 0), of, _text(broken.get(name, 0), of))
        for name, stated in contract.levels.items()
        if stated.name == level
    ]


def require_quality(
    spark: SparkSession,
    tables: Mapping[str, TableReceipt],
    bronze: TableReceipt,
    contract: Dataset,
    *,
    arrived: Sequence[str] | None,
    findings: Sequence[RuleFinding],
) -> None:
    """Raise QualityError with all that a contract does not tolerate."""
    repaired = tables["repaired"].rows_out if "repaired" in tables else 0
    rows, quarantined = bronze.rows_out - repaired, tables["quarantine"].rows_out
    if quarantined and arrived is not None:
        rows = standing(_of_arrived(spark, bronze, arrived)).count()
        quarantined = _of_arrived(spark, tables["quarantine"], arrived).count()
    where = f"conf/datasets/{contract.name}.yml"
    problems = [finding.sentence for finding in findings if finding.fails]
    if quarantined > contract.max_quarantined * rows:
        problems.insert(
            0,
            f"{quarantined} of {rows} rows broke its rules, more than the share of "
            f"{contract.max_quarantined} that {where} tolerates; they stand with their reasons in "
            f"{tables['quarantine'].uri}",
        )
    if problems:
        raise QualityError(
            f"dataset {contract.name!r}: {'; '.join(problems)}; nothing was taken away. "
            f"{_what_helps(spark, tables['quarantine'], bronze, contract, arrived)}"
        )


def _what_helps(
    spark: SparkSession,
    quarantine: TableReceipt,
    bronze: TableReceipt,
    contract: Dataset,
    arrived: Sequence[str] | None,
) -> str:
    """Return the commands that help, with the file that has most of the quarantined rows."""
    rows = _of_arrived(spark, quarantine, arrived)
    counted = rows.groupBy(SOURCE_FILE).count().orderBy(F.desc("count"), SOURCE_FILE).first()
    again = f"run data --set inputs.dataset={contract.name}"
    if counted is None:
        return f"Correct the contract and run again: python -m aml_pipelines {again}"
    file, lake_uri = counted[SOURCE_FILE], bronze.uri.partition("/bronze/")[0]
    where = lake_uri.removeprefix("file://").removeprefix("file:")
    tried = shlex.quote(f"{where}/{file}")
    return (
        f"See the rows of {file} with: python -m aml_pipelines try {contract.name} {tried}; take "
        f"the file out with: python -m aml_pipelines withdraw {contract.name} {shlex.quote(file)}; "
        f"or correct the file or the contract and run again: python -m aml_pipelines {again}"
    )


def _failing_rows(
    spark: SparkSession,
    tables: Mapping[str, TableReceipt],
    bronze: TableReceipt,
    contract: Dataset,
    arrived: Sequence[str] | None,
) -> list[RuleFinding]:
    rows = _of_arrived(spark, tables["quarantine"], arrived)
    came = standing(_of_arrived(spark, bronze, arrived)).count()
    return findings_of_rows(contract, FAIL, count_broken_rules(rows), came)


def _of_columns(
    valid: DataFrame, contract: Dataset, referenced: Mapping[str, DataFrame], of: int
) -> list[RuleFinding]:
    """Return findings of unique columns and foreign keys that set no row aside."""
    broken: dict[str, int] = {}
    for name, unique in of_kind(contract.table_rules, Unique).items():
        if unique.level.name != QUARANTINE:
            broken[name] = _count_repeated(valid, unique)
    for name, key in of_kind(contract.table_rules, ForeignKey).items():
        if key.level.name != QUARANTINE:
            broken[name] = count_unknown(valid, key, referenced[key.dataset])
    return [
        RuleFinding(name, contract.table_rules[name].level, count, of, _text(count, of))
        for name, count in broken.items()
    ]


def _count_repeated(valid: DataFrame, unique: Unique) -> int:
    """Count the rows beyond the first of those with the same values."""
    is_stated = reduce(and_, (F.col(name).isNotNull() for name in unique.columns))
    repeats = valid.where(is_stated).groupBy(*unique.columns).count()
    count: int = repeats.agg(F.coalesce(F.sum(F.col("count") - 1), F.lit(0))).collect()[0][0]
    return count


def _text(broken: int, of: int) -> str:
    return f"{broken:,} of {of:,} rows break it"


def _of_arrived(
    spark: SparkSession, table: TableReceipt, arrived: Sequence[str] | None
) -> DataFrame:
    """Return the rows of a table that came with the present files; all where nobody says which."""
    rows = lake.read_table(spark, table)
    return rows if arrived is None else rows.where(F.col(INGESTION_ID).isin(*arrived))
