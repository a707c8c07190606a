"""The records of CSV files: a line each, or all lines that a quoted field spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.columns import FILE_URI

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame
    from pyspark.sql.window import WindowSpec

LINE = "_line"
BLOCK, NUMBER = "_block", "_number"  # where a line stands in its file
LOOSE = "_is_loose"

# By RFC 4180: a quote within a quoted field is doubled. Possessive, or Java overflows its stack.
_UNCLOSED = r'"[^"]*+(?:""[^"]*+)*+'
_FIELD = rf'(?:{_UNCLOSED}"|[^",\n][^,\n]*+|)'
_WHOLE = rf"^(?:{_FIELD},)*+{_FIELD}\z"
_OPEN = rf"^(?:{_FIELD},)*+{_UNCLOSED}\z"


def is_whole(text: SparkColumn) -> SparkColumn:
    """Return whether a text is a record: every field that begins with a quote ends with one."""
    return ~text.contains('"') | text.rlike(_WHOLE)


def leaves_open(text: SparkColumn) -> SparkColumn:
    """Return whether the last field of a text is quoted and goes on in the next line."""
    return text.contains('"') & text.rlike(_OPEN)


def join_lines(lines: DataFrame) -> DataFrame:
    """Join the lines of each record, with a line break between them.

    Takes LINE and FILE_URI with BLOCK and NUMBER, which order a file's lines. Returns LINE and
    FILE_URI, one row a record, and LOOSE. Where a quote never closes, or closes within a value,
    nobody can tell what is a record: from the line that opens it to the end of the file each line
    is a row of its own, and LOOSE.
    """
    numbered = _with_record_numbers(_with_states(lines))
    position = F.struct(BLOCK, NUMBER)
    text = F.transform(
        F.sort_array(F.collect_list(F.struct(BLOCK, NUMBER, LINE))), lambda line: line[LINE]
    )
    apart = F.when(F.col(LOOSE), position).alias("_apart")
    records = numbered.groupBy(FILE_URI, "_record", LOOSE, apart).agg(
        F.array_join(text, "\n").alias(LINE)
    )
    return records.select(LINE, FILE_URI, LOOSE)


def _with_states(lines: DataFrame) -> DataFrame:
    """Add whether a line begins and ends within an open quote: `_before` and `_after`, 0 or 1.

    A line that begins within one reads as if a quote stood before it. It says either how it ends
    whatever the line before, or that it ends as that did, or the other way round.
    """
    within = F.concat(F.lit('"'), LINE)
    told = lines.select(
        "*",
        leaves_open(F.col(LINE)).cast("int").alias("_from_outside"),
        (leaves_open(within) | ~within.rlike(_WHOLE)).cast("int").alias("_from_within"),
        (~leaves_open(within) & ~within.rlike(_WHOLE)).alias("_closes_wrongly"),
    )
    turns = (F.col("_from_outside") == 1) & (F.col("_from_within") == 0)
    counted = told.withColumn("_turns", F.sum(turns.cast("int")).over(_so_far()))
    settles = F.col("_from_outside") == F.col("_from_within")
    settled = F.struct(F.col("_from_outside").alias("state"), F.col("_turns").alias("turns"))
    last = F.last(F.when(settles, settled), ignorenulls=True).over(_so_far())
    start = F.coalesce(last["state"], F.lit(0))
    turned = F.col("_turns") - F.coalesce(last["turns"], F.lit(0))
    after = counted.withColumn("_after", (start + turned) % 2)
    before = F.coalesce(F.lag("_after").over(_in_order()), F.lit(0))
    return after.withColumn("_before", before)


def _with_record_numbers(lines: DataFrame) -> DataFrame:
    """Add the number of each line's record in its file, and LOOSE."""
    numbered = lines.withColumn("_record", F.sum(1 - F.col("_before")).over(_so_far()))
    is_last = F.lead(LINE).over(_in_order()).isNull()
    never_closes = is_last & (F.col("_after") == 1)
    is_wrong = ((F.col("_before") == 1) & F.col("_closes_wrongly")) | never_closes
    told = numbered.withColumn("_wrong", F.when(is_wrong, F.col("_record")))
    first_wrong = F.min("_wrong").over(Window.partitionBy(FILE_URI))
    is_loose = F.coalesce(F.col("_record") >= first_wrong, F.lit(False))  # noqa: FBT003 # a literal
    return told.withColumn(LOOSE, is_loose)


def _in_order() -> WindowSpec:
    return Window.partitionBy(FILE_URI).orderBy(BLOCK, NUMBER)


def _so_far() -> WindowSpec:
    return _in_order().rowsBetween(Window.unboundedPreceding, Window.currentRow)
