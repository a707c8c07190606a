"""Repair quarantined rows: repaired copies of their originals come into bronze, each once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import (
    ARRIVAL,
    AS_OF,
    BROKEN_BEFORE,
    BROKEN_RULES,
    FILE_MODIFIED,
    FILE_SIZE,
    INGESTION_ID,
    MALFORMED,
    ORIGINAL,
    ORIGINAL_BEFORE,
    REPAIR_AS_OF,
    REPAIR_FILE,
    REPAIRED_BY,
    REPAIRS,
    ROW_ID,
    SNAPSHOT,
    SOURCE_FILE,
    UNDECLARED,
)
from conf.dataset_column import Column
from conf.dataset_source import Source
from spark_jobs import lake
from spark_jobs.broken_table import refuse_broken
from spark_jobs.delta_log import LakeError, table_exists
from spark_jobs.ingest import ARRIVAL_ORDER, moment
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.sources import read_as_text
from spark_jobs.raw.unreadable import naming_unreadable
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.session import persisted
from spark_jobs.storage import list_files
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.storage import StoredFile

FORMATS = {"csv": "csv", "jsonl": "jsonl"}
# A copy takes the place of its original: it came with its file, and when that did.
_PLACE = (INGESTION_ID, SOURCE_FILE, FILE_SIZE, FILE_MODIFIED, AS_OF, ARRIVAL, SNAPSHOT)
_TOLD = (BROKEN_RULES, ORIGINAL)  # of quarantine; a file may have them still
_SHOWN = 3


@dataclass(frozen=True)
class Repair:
    """The file of a repair, and how many of its rows came into bronze now or had come before."""

    file: str
    new: int
    known: int


@naming_faults
@done_again_on_conflict
def repair_rows(
    spark: SparkSession, contract: Dataset, file: str, *, lake_uri: str, by: str, as_of: str
) -> Repair:
    """Append the rows of a file to bronze, each in place of the quarantined row that it names.

    `file` is a path below the lake, of CSV or JSON lines. Each row has the column _row_id, as
    quarantine has it, and the declared columns as quarantine's `original` names them, as text. `by`
    says who repaired them, and `as_of` when, as `ingest_source` says it. The original stays in
    bronze. Raises SourceError, having written nothing, for a row that is not of this format, that
    names none or a row which is not quarantined, and for two that name the same one; LakeError for
    a dataset without quarantined rows.
    """
    stated = None if as_of == ARRIVAL_ORDER else moment(as_of)
    bronze, quarantine = _tables(spark, contract, lake_uri)
    found, stored = _the_file(spark, file, lake_uri), _with_repairs(bronze)
    source = _source(found)
    with naming_unreadable(spark, [found], source):
        read = _copies(spark, found, source, contract)
    with persisted(read) as copies:
        with naming_unreadable(spark, [found], source):
            _require_named(copies, found)
        known = copies.join(stored, on=[ROW_ID], how="left_semi").count()
        new = copies.join(stored, on=[ROW_ID], how="left_anti")
        _require_quarantined(new, quarantine, stored, found)
        count = new.count()
        if count:
            facts = {REPAIR_FILE: file, REPAIRED_BY: by, REPAIR_AS_OF: stated}
            rows = _in_place(new, bronze, quarantine, contract, facts)
            record = {"step": "repair", "file": file, "by": by, "as_of": stated}
            lake.append_rows(rows, _uri(contract, lake_uri, "bronze"), key=[ROW_ID], record=record)
        return Repair(file, count, known)


def _tables(spark: SparkSession, contract: Dataset, lake_uri: str) -> tuple[DataFrame, DataFrame]:
    """Return bronze and quarantine; raises LakeError where a dataset was never cleaned."""
    uris = [_uri(contract, lake_uri, layer) for layer in ("bronze", "quarantine")]
    if not all(table_exists(spark, uri) for uri in uris):
        raise LakeError(
            f"dataset {contract.name!r} has no quarantined rows yet; clean it first: "
            f"python -m aml_pipelines run data --set inputs.dataset={contract.name}"
        )
    refuse_broken(spark, uris)
    bronze, quarantine = (spark.read.format("delta").load(uri) for uri in uris)
    return bronze, quarantine


def _uri(contract: Dataset, lake_uri: str, layer: str) -> str:
    return lake.table_uri(lake_uri, layer, contract.name, "rows")


def _the_file(spark: SparkSession, file: str, lake_uri: str) -> StoredFile:
    files = list_files(spark, f"{lake_uri.rstrip('/')}/{file}")
    if len(files) != 1:
        raise SourceError(
            f"{file}: there {'is no such file' if not files else 'are several such files'} in "
            f"{lake_uri}; name one file of repaired rows below the lake"
        )
    return files[0]


def _source(file: StoredFile) -> Source:
    kind = FORMATS.get(file.name.rpartition(".")[2])
    if kind is None:
        raise SourceError(f"{file.name}: ends in none of {sorted(FORMATS)}, its format")
    return Source(file.name, kind, "content")


def _with_repairs(bronze: DataFrame) -> DataFrame:
    """Return ROW_ID of all rows of bronze, and REPAIRS of those that are copies."""
    repairs = F.col(REPAIRS) if REPAIRS in bronze.columns else F.lit(None).cast("string")
    return bronze.select(ROW_ID, repairs.alias(REPAIRS))


def _copies(spark: SparkSession, file: StoredFile, source: Source, contract: Dataset) -> DataFrame:
    """Read repaired rows: ROW_ID, of the same row always the same, REPAIRS, and text as it came."""
    names = contract.raw_names
    own = [replace(column, source=()) for column in contract.raw_columns]
    whole = replace(
        contract,
        columns=(Column(ROW_ID, "string"), *own, *(Column(name, "string") for name in _TOLD)),
        key=(ROW_ID,),
        missing_columns="null",
    )
    rows = read_as_text(spark, [file], whole, source)
    content = F.to_json(F.struct(*names, UNDECLARED))
    suffix = F.concat(F.lit("r"), F.substring(F.sha2(content, 256), 1, 8))
    copies = rows.select(F.col(ROW_ID).alias(REPAIRS), *names, F.col(MALFORMED), F.col(UNDECLARED))
    return copies.select(F.concat(REPAIRS, suffix).alias(ROW_ID), "*")


def _require_named(copies: DataFrame, file: StoredFile) -> None:
    """Raise SourceError unless each row is whole, and names a row that no other one names."""
    malformed = copies.where(F.col(MALFORMED).isNotNull()).select(MALFORMED).head()
    if malformed:
        raise SourceError(
            f"{file.name}: {malformed[0]!r} is no record of its format; nothing was written"
        )
    if not copies.where(F.col(REPAIRS).isNull()).isEmpty():
        raise SourceError(
            f"{file.name}: a row has no {ROW_ID}, by which quarantine names the row that it "
            "repairs; nothing was written"
        )
    twice = copies.groupBy(REPAIRS).count().where(F.col("count") > 1).orderBy(REPAIRS)
    named = [row[REPAIRS] for row in twice.limit(_SHOWN).collect()]
    if named:
        raise SourceError(
            f"{file.name}: several rows repair {', '.join(named)}; one row repairs one; nothing "
            "was written"
        )


def _require_quarantined(
    new: DataFrame, quarantine: DataFrame, stored: DataFrame, file: StoredFile
) -> None:
    """Raise SourceError unless each row names one that is quarantined and was not repaired."""
    before = stored.where(F.col(REPAIRS).isNotNull())
    again = new.select(REPAIRS).join(before, on=[REPAIRS], how="inner").orderBy(REPAIRS).head()
    if again:
        raise SourceError(
            f"{file.name}: row {again[REPAIRS]} was repaired before; {again[ROW_ID]} stands in its "
            "place: repair that one if it is quarantined; nothing was written"
        )
    asked = new.select(F.col(REPAIRS).alias(ROW_ID))
    gone = asked.join(quarantine.select(ROW_ID), on=[ROW_ID], how="left_anti").orderBy(ROW_ID)
    named = [row[ROW_ID] for row in gone.limit(_SHOWN).collect()]
    if named:
        known = {row[ROW_ID] for row in stored.where(F.col(ROW_ID).isin(*named)).collect()}
        told = [f"{n} is {'not quarantined' if n in known else 'no row of bronze'}" for n in named]
        raise SourceError(f"{file.name}: row {', row '.join(told)}; nothing was written")


def _in_place(
    new: DataFrame,
    bronze: DataFrame,
    quarantine: DataFrame,
    contract: Dataset,
    facts: Mapping[str, str | None],
) -> DataFrame:
    """Return copies as rows of bronze: in the place of their originals, with what these broke."""
    place = [name for name in _PLACE if name in bronze.columns]
    originals = bronze.select(F.col(ROW_ID).alias(REPAIRS), *place)
    before = (F.col(BROKEN_RULES).alias(BROKEN_BEFORE), F.col(ORIGINAL).alias(ORIGINAL_BEFORE))
    broken = quarantine.select(F.col(ROW_ID).alias(REPAIRS), *before)
    copies = new.join(originals, on=[REPAIRS], how="inner").join(broken, on=[REPAIRS], how="inner")
    names = (*contract.raw_names, MALFORMED, UNDECLARED)
    told = (F.lit(value).cast("string").alias(name) for name, value in facts.items())
    return copies.select(ROW_ID, *place, *names, REPAIRS, BROKEN_BEFORE, ORIGINAL_BEFORE, *told)
