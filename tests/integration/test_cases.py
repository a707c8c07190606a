"""Each folder of tests/cases: its files become the tables that it states, and no others."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from conf.table_rules import ForeignKey, of_kind
from spark_jobs import lake
from spark_jobs.clean import clean_dataset
from spark_jobs.delta_log import table_exists
from spark_jobs.ingest import ingest_source
from spark_jobs.silver import PLACES
from tests.case_files import CASES, SUBJECT, Case, content_hash, in_order, lay_out, shown

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.mark import ParameterSet
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark
# One of each: a form of files, types, limits, rules that warn. The rest is slow.
OF_EACH = {
    "fields_within_json",
    "limits_of_values",
    "null_spellings",
    "other_dialects_of_csv",
    "rules_that_warn",
    "types_of_columns",
}


def clean(spark: SparkSession, contracts: dict[str, Dataset], folder: Path, *, as_of: str) -> None:
    """Ingest and clean datasets, those that others refer to first."""
    valid: dict[str, TableReceipt] = {}
    for name, contract in contracts.items():
        bronze = ingest_source(spark, contract, lake_uri=str(folder), source="history", as_of=as_of)
        keys = of_kind(contract.table_rules, ForeignKey).values()
        valid[name] = clean_dataset(
            *(spark, bronze.table, contract),
            lake_uri=str(folder),
            arrived=bronze.ingestion_ids,
            referenced={key.dataset: valid[key.dataset] for key in keys},
        ).tables["valid"]


def tables_of(spark: SparkSession, folder: Path) -> dict[str, DataFrame]:
    """Return the tables that there are and have a row."""
    places = {"bronze": ("bronze", "rows"), **PLACES}
    uris = {n: lake.table_uri(str(folder), p[0], SUBJECT, p[1]) for n, p in places.items()}
    found = {
        n: spark.read.format("delta").load(u) for n, u in uris.items() if table_exists(spark, u)
    }
    return {name: rows for name, rows in found.items() if not rows.isEmpty()}


def marked(folder: Path) -> ParameterSet:
    marks = [] if folder.name in OF_EACH else [pytest.mark.slow]
    return pytest.param(folder, id=folder.name, marks=marks)


@pytest.mark.parametrize("folder", [marked(each) for each in CASES])
def test_a_case_ends_in_the_tables_that_it_states(
    spark: SparkSession, tmp_path: Path, folder: Path
) -> None:
    case = Case(folder)
    for number, arrival in enumerate(case.arrivals, 1):
        lay_out(arrival, tmp_path / "raw")
        fails = case.error is not None and arrival == case.arrivals[-1]
        with pytest.raises((ValueError, RuntimeError)) if fails else nullcontext() as refused:
            clean(spark, case.contracts, tmp_path, as_of=f"2024-01-0{number}")
        assert refused is None or str(case.error) in str(refused.value)
    tables = tables_of(spark, tmp_path)
    stated = case.tables(["bronze", *PLACES])
    assert {*tables} - {"bronze"} == {*stated} - {"bronze"}
    for name, expected in stated.items():
        found = shown(tables[name], like=expected)
        assert found.columns == expected.columns
        assert in_order(found, like=expected) == in_order(expected, like=expected), name
    hashes = "".join(f"{name} {content_hash(tables[name])}\n" for name in sorted(tables))
    if os.environ.get("RECORD_HASHES"):
        case.hashes.write_text(hashes, "utf-8")
    assert case.hashes.read_text("utf-8") == hashes
