"""Clean bronze into silver: every row is valid, quarantined with its reasons, or a duplicate."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from conf.cleaning_order import cleaning_order
from conf.columns import ROW_ID
from conf.table_rules import ForeignKey, of_kind
from spark_jobs import lake, step_state
from spark_jobs.broken_table import refuse_broken
from spark_jobs.expressions import check_expressions
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.quality import broken_rules_in, find_broken, require_quality
from spark_jobs.repaired import has_repairs
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.session import FEW_ROWS, fit_to_rows, map_in_sessions
from spark_jobs.silver import RELEASED, cleaned_receipts, cleaned_uris, judge_all, judge_new
from spark_jobs.step_state import StepState
from spark_jobs.store_faults import naming_faults
from spark_jobs.version_changes import changes_since

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.finding import RuleFinding
    from spark_jobs.receipt import Receipt, TableReceipt

NO_RECEIPTS: Mapping[str, TableReceipt] = MappingProxyType({})


@dataclass(frozen=True)
class Cleaned:
    """The tables of a dataset, how many rows broke each rule, and what else its rules found."""

    tables: Mapping[str, TableReceipt]
    broken_rules: Mapping[str, int]
    findings: Sequence[RuleFinding]

    @property
    def warnings(self) -> dict[str, int]:
        """Return how many rows, or groups of rows, break each rule that warns."""
        return {finding.rule: finding.broken for finding in self.findings if finding.warns}

    @property
    def headline(self) -> str:
        valid = self.tables["valid"]
        said = f"{valid.rows_out:,} rows valid, {dict(valid.set_aside)} set aside"
        return f"{said}, warnings {self.warnings}" if self.warnings else said


@naming_faults
@done_again_on_conflict
def clean_dataset(
    spark: SparkSession,
    bronze: TableReceipt,
    contract: Dataset,
    *,
    lake_uri: str,
    arrived: Sequence[str] | None = None,
    referenced: Mapping[str, TableReceipt] = NO_RECEIPTS,
) -> Cleaned:
    """Judge bronze and bring the tables valid, quarantine and duplicates up to date.

    There is a table of warnings too, where a rule of rows warns. The outcome is a function of
    bronze, the contract, and the valid rows of the datasets that its foreign keys refer to, which
    `referenced` has: a changed contract re-judges every row, new rows are judged together with
    those that share a key with them, unless a rule over more than a row or a snapshot decides too,
    and unchanged ones write nothing. Raises ConfError for a contract that Spark does not take, and
    QualityError, after writing, when more is broken than the contract tolerates. What it tolerates
    of single rows is held against those that have `arrived` (ingestion ids of the files that are
    there now; None means all rows): a bad file that was removed or replaced does not count against
    later ones.
    """
    others = {name: lake.read_table(spark, receipt) for name, receipt in referenced.items()}
    facts = _facts(bronze, contract, referenced)
    last = step_state.load(spark, lake_uri, "clean", contract.name)
    made_from = {
        "bronze": bronze.uri,
        **{_valid_of(name): receipt.uri for name, receipt in referenced.items()},
    }
    step_state.refuse_earlier(spark, last, facts, made_from, step="clean", dataset=contract.name)
    if last is None or last.facts != facts:
        if last is None or last.facts["rules"] != facts["rules"]:
            check_expressions(spark, contract)
        fit_to_rows(spark, sum(receipt.rows_out for receipt in (bronze, *referenced.values())))
        rows = lake.read_table(spark, bronze)
        uris = cleaned_uris(spark, contract, lake_uri, with_repairs=has_repairs(rows))
        refuse_broken(spark, uris.values())
        arrived_rows = _arrived_since(spark, bronze, contract, last, facts)
        if arrived_rows is None:
            layer, table = RELEASED
            released = lake.table_uri(lake_uri, layer, contract.name, table)
            many = bronze.rows_out > FEW_ROWS
            states = judge_all(rows, contract, uris, facts, others, released=released, many=many)
        else:
            states = judge_new(rows, arrived_rows, contract, uris, facts)
        last = StepState(facts, cleaned_receipts(spark, states, bronze, contract))
        step_state.save(spark, lake_uri, "clean", contract.name, last)
    tables = last.tables
    findings = find_broken(spark, tables, bronze, contract, arrived=arrived, referenced=others)
    require_quality(spark, tables, bronze, contract, arrived=arrived, findings=findings)
    broken = broken_rules_in(spark, tables["quarantine"])
    return Cleaned(tables, broken, findings)


def clean_datasets(
    spark: SparkSession, ingested: Receipt, contracts: Mapping[str, Dataset], *, lake_uri: str
) -> dict[str, Cleaned]:
    """Clean datasets at once, but after those that their foreign keys refer to.

    Raises ConfError for foreign keys to a dataset that is not among them.
    """
    done: dict[str, Cleaned] = {}

    def clean(session: SparkSession, name: str) -> Cleaned:
        keys = of_kind(contracts[name].table_rules, ForeignKey).values()
        return clean_dataset(
            session,
            ingested.table("bronze", of=name),
            contracts[name],
            lake_uri=lake_uri,
            arrived=ingested.ingested(name),
            referenced={key.dataset: done[key.dataset].tables["valid"] for key in keys},
        )

    for group in cleaning_order(contracts):
        done |= dict(zip(group, map_in_sessions(spark, group, clean), strict=True))
    return {name: done[name] for name in contracts}


def _facts(
    bronze: TableReceipt, contract: Dataset, referenced: Mapping[str, TableReceipt]
) -> dict[str, str]:
    """Return what the verdicts follow from."""
    keys = of_kind(contract.judged_with_rows, ForeignKey).values()
    return {
        "rules": fingerprint("clean", contract),
        "bronze": version_of(bronze),
        **{_valid_of(key.dataset): version_of(referenced[key.dataset]) for key in keys},
    }


def _valid_of(dataset: str) -> str:
    return f"valid of {dataset}"


def _arrived_since(
    spark: SparkSession,
    bronze: TableReceipt,
    contract: Dataset,
    last: StepState | None,
    facts: Mapping[str, str],
) -> DataFrame | None:
    """Return the rows that bronze has since it was judged last; None where all must be judged.

    All must be where a verdict depends on more than the rows of a key, after other facts, and where
    rows are gone.
    """
    if last is None or contract.judged_with_rows or contract.snapshots:
        return None
    if {**last.facts, "bronze": facts["bronze"]} != facts:
        return None
    changes = changes_since(spark, bronze, last.facts["bronze"])
    changes = changes.differing([ROW_ID]) if changes else None
    return changes.new if changes and changes.gone.isEmpty() else None
