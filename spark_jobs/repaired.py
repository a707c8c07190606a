"""Rows of bronze that repaired copies stand in for, and what became of these copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import (
    BROKEN_BEFORE,
    BROKEN_RULES,
    LINEAGE,
    ORIGINAL,
    ORIGINAL_BEFORE,
    OUTCOME,
    REPAIR_AS_OF,
    REPAIR_FILE,
    REPAIRED,
    REPAIRED_AS,
    REPAIRED_BY,
    REPAIRS,
    ROW_ID,
    STILL_BROKEN,
)
from spark_jobs.judge import original_texts
from spark_jobs.row_changes import with_row_hash
from spark_jobs.verdict import VERDICT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset

REPLACED = "repaired"  # the outcome of a copy that was repaired itself
# What bronze has of a repair, and how the audit tells it.
_FACTS = {
    BROKEN_BEFORE: BROKEN_RULES,
    ORIGINAL_BEFORE: ORIGINAL,
    REPAIR_FILE: "repair_file",
    REPAIRED_BY: "repaired_by",
    REPAIR_AS_OF: "repaired_as_of",
}


def has_repairs(bronze: DataFrame) -> bool:
    """Return whether bronze ever had a repaired copy."""
    return REPAIRS in bronze.columns


def standing(rows: DataFrame, *, among: DataFrame | None = None) -> DataFrame:
    """Return the rows of bronze that no repaired copy stands in for.

    The copies are looked for in `among`, all rows of bronze, where `rows` are a part of them.
    """
    bronze = rows if among is None else among
    if not has_repairs(bronze):
        return rows
    replaced = F.broadcast(replaced_ids(bronze))
    return rows.join(replaced, on=[ROW_ID], how="left_anti").select(*rows.columns)


def select_repaired(judged: DataFrame, bronze: DataFrame, contract: Dataset) -> DataFrame:
    """Return each row that a copy stands in for, with what the copy is and what became of it.

    Takes judged rows, and bronze. Returns LINEAGE, BROKEN_RULES and ORIGINAL of the row as it was
    quarantined, `repaired_as` and `repaired` (the copy's id and text), who repaired it by which
    file and as of when, the `outcome` (a verdict, or REPLACED), and `still_broken`, the rules that
    the copy breaks. Of a copy that is neither judged here nor replaced nothing is returned.
    """
    copies = copies_in(bronze)
    texts = original_texts(copies, contract).withColumnRenamed(ORIGINAL, REPAIRED)
    verdicts = judged.select(ROW_ID, VERDICT, F.col(BROKEN_RULES).alias(STILL_BROKEN))
    replaced = replaced_ids(bronze).withColumn("_replaced", F.lit(REPLACED))
    became = (
        copies.join(texts, on=[ROW_ID], how="left")
        .join(verdicts, on=[ROW_ID], how="left")
        .join(replaced, on=[ROW_ID], how="left")
        .withColumn(OUTCOME, F.coalesce("_replaced", VERDICT))
        .where(F.col(OUTCOME).isNotNull())
    )
    told = (*_FACTS.values(), REPAIRED_AS, REPAIRED, OUTCOME, STILL_BROKEN)
    rows = became.select(
        F.col(REPAIRS).alias(ROW_ID),
        *(name for name in LINEAGE if name != ROW_ID),
        *(F.col(name).alias(as_told) for name, as_told in _FACTS.items()),
        F.col(ROW_ID).alias(REPAIRED_AS),
        *(REPAIRED, OUTCOME, STILL_BROKEN),
    )
    return with_row_hash(rows.select(*LINEAGE, *told), told)


def replaced_ids(bronze: DataFrame) -> DataFrame:
    """Return the ROW_ID of each row that a copy stands in for."""
    return copies_in(bronze).select(F.col(REPAIRS).alias(ROW_ID))


def copies_in(bronze: DataFrame) -> DataFrame:
    """Return the rows of bronze that are repaired copies of others."""
    return bronze.where(F.col(REPAIRS).isNotNull())
