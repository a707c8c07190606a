"""Rows that leave the quarantine because they are judged anew, each with an audit row."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import BROKEN_RULES, LINEAGE, ORIGINAL, OUTCOME, ROW_ID
from spark_jobs import lake
from spark_jobs.delta_files import rows_if_told
from spark_jobs.delta_log import table_exists
from spark_jobs.row_changes import with_row_hash
from spark_jobs.verdict import QUARANTINED, VERDICT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from spark_jobs.delta_log import Record

JUDGEMENT = "judgement"


def audit_released(judged: DataFrame, quarantine: str, released: str, *, record: Record) -> None:
    """Write the rows of the table `quarantine` that are judged otherwise now to another table.

    It must be done before the first table is changed: what is broken off then is told by the next
    try, as the same row. Takes judged rows. Writes LINEAGE, BROKEN_RULES and ORIGINAL as quarantine
    has them, the `outcome`, and `judgement`, a hash of all that the verdicts follow from.
    """
    spark = judged.sparkSession
    if not table_exists(spark, quarantine) or rows_if_told(spark, quarantine) == 0:
        return
    verdicts = judged.where(F.col(VERDICT) != QUARANTINED).select(ROW_ID, VERDICT)
    told = (BROKEN_RULES, ORIGINAL, OUTCOME, JUDGEMENT)
    rows = (
        spark.read.format("delta")
        .load(quarantine)
        .select(*LINEAGE, BROKEN_RULES, ORIGINAL)
        .join(verdicts, on=[ROW_ID], how="inner")
        .select(
            *(*LINEAGE, BROKEN_RULES, ORIGINAL),
            F.col(VERDICT).alias(OUTCOME),
            F.lit(_hash(record)).alias(JUDGEMENT),
        )
    )
    if not rows.isEmpty():
        key = [ROW_ID, JUDGEMENT]
        lake.upsert_table(with_row_hash(rows, told), released, key=key, record=record)


def _hash(record: Record) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]
