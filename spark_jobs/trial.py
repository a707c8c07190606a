"""Judge a file by a contract without writing: how many rows would be valid, and which are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import BROKEN_RULES, ORIGINAL
from conf.rule_level import FAIL, WARN
from spark_jobs.arrivals import file_arrival
from spark_jobs.expressions import check_expressions
from spark_jobs.judge import judge_rows, select_warned
from spark_jobs.lineage import with_lineage
from spark_jobs.quality import count_broken_rules, findings_of_rows
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.sources import list_all, read_as_text
from spark_jobs.raw.unreadable import naming_unreadable, read_through
from spark_jobs.receipt import check_balance
from spark_jobs.session import persisted
from spark_jobs.verdict import DELETED, DUPLICATE, QUARANTINED, VALID, VERDICT, uniques_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.storage import StoredFile

NO_TIME = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class BrokenRow:
    """A row that would be quarantined: the rules that it breaks, and its text as it came."""

    rules: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Trial:
    """The verdicts on the `rows` of some files, and the rules that rows break.

    `broken_rules` are those of quarantined rows, `warnings` those of valid ones, and `failing`
    rules that more rows break than are tolerated. Rows are duplicates of each other: what the lake
    has already is not looked at, and neither are rules that need it, which `unjudged` names.
    `is_whole` says whether all rows were judged.
    """

    files: tuple[str, ...]
    rows: int
    verdicts: Mapping[str, int]
    broken_rules: Mapping[str, int]
    warnings: Mapping[str, int]
    failing: Sequence[str]
    unjudged: Sequence[str]
    examples: Sequence[BrokenRow]
    is_whole: bool


def try_files(
    spark: SparkSession,
    contract: Dataset,
    patterns: Sequence[str],
    *,
    source: str,
    most_rows: int | None,
    most_examples: int,
) -> Trial:
    """Judge the rows of the files that match the URI `patterns`, or the first `most_rows` of them.

    Raises SourceError when there is no file, or one cannot be read or has columns that the contract
    does not allow, and ConfError for a rule that Spark does not take.
    """
    check_expressions(spark, contract)
    stated = contract.sources[source]
    if stated.format == "delta":
        raise SourceError(
            f"source {source!r} of dataset {contract.name!r} is a Delta table, and no file"
        )
    files = list_all(spark, patterns)
    if not files:
        raise SourceError(f"there is no file at {', '.join(patterns)}")
    with naming_unreadable(spark, files, stated):
        read_through(spark, files, stated)
        rows = read_as_text(spark, files, contract, stated)
        taken = rows if most_rows is None else rows.limit(most_rows)
        is_whole = most_rows is None or rows.limit(most_rows + 1).count() <= most_rows
        with persisted(judge_rows(_as_bronze(spark, taken, files), contract)) as judged:
            return _trial(judged, files, contract, most_examples=most_examples, is_whole=is_whole)


def _as_bronze(spark: SparkSession, rows: DataFrame, files: Sequence[StoredFile]) -> DataFrame:
    arrivals = [file_arrival(spark, file, {}, lake_uri="") for file in files]
    return with_lineage(rows, arrivals, as_of=NO_TIME, arrival=0)


def _trial(
    judged: DataFrame,
    files: Sequence[StoredFile],
    contract: Dataset,
    *,
    most_examples: int,
    is_whole: bool,
) -> Trial:
    counted = {row[VERDICT]: row["count"] for row in judged.groupBy(VERDICT).count().collect()}
    possible = [VALID, QUARANTINED, DUPLICATE]
    possible += [DELETED] if contract.may_delete else []
    verdicts = {verdict: counted.get(verdict, 0) for verdict in possible}
    rows = judged.count()
    aside = {verdict: verdicts[verdict] for verdict in possible[1:]}
    check_balance("try", rows_in=rows, rows_out=verdicts[VALID], set_aside=aside)
    broken = judged.where(F.col(VERDICT) == QUARANTINED)
    broken_rules = count_broken_rules(broken)
    warns = any(level.name == WARN for level in contract.levels.values())
    examples = broken.select(BROKEN_RULES, ORIGINAL).limit(most_examples).collect()
    return Trial(
        files=tuple(file.name for file in files),
        rows=rows,
        verdicts=verdicts,
        broken_rules=broken_rules,
        warnings=count_broken_rules(select_warned(judged, contract)) if warns else {},
        failing=[f.rule for f in findings_of_rows(contract, FAIL, broken_rules, rows) if f.fails],
        unjudged=[name for name in contract.table_rules if name not in uniques_of(contract)],
        examples=[BrokenRow(tuple(row[BROKEN_RULES]), row[ORIGINAL]) for row in examples],
        is_whole=is_whole,
    )
