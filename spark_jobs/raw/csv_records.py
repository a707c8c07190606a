"""The records of CSV files: a line each, or all lines that a quoted field spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.columns import FILE_URI
from conf.dataset_source import DOUBLED
from spark_jobs.raw.lines import BLOCK, LINE, NUMBER

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame
    from pyspark.sql.window import WindowSpec

    from conf.dataset_source import Dialect

LOOSE = "_is_loose"


@dataclass(frozen=True)
class Grammar:
    """What a record of a dialect is, as Java's regular expressions.

    By RFC 4180 a quote within a quoted field is doubled; other dialects have a character before it.
    Quantifiers are possessive, or Java overflows its stack.
    """

    quote: str
    whole: str
    open: str

    @classmethod
    def of(cls, dialect: Dialect) -> Grammar:
        quote, delimiter = _written(dialect.quote or "\0"), _written(dialect.delimiter)
        if dialect.escape == DOUBLED:
            unclosed = rf"{quote}[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
        else:
            escape = _written(dialect.escape)
            escaped = rf"{escape}(?:(?s:.)|\z)"
            unclosed = rf"{quote}[^{quote}{escape}]*+(?:{escaped}[^{quote}{escape}]*+)*+"
        space = " *+" if dialect.skip_initial_space else ""
        plain = rf"[^{quote}{delimiter}\n][^{delimiter}\n]*+"
        field = rf"{space}(?:{unclosed}{quote}|{plain}|)"
        before = rf"^(?:{field}{delimiter})*+"
        whole, is_open = rf"{before}{field}\z", rf"{before}{space}{unclosed}\z"
        return cls(dialect.quote, whole, is_open)

    def is_whole(self, text: SparkColumn) -> SparkColumn:
        """Return whether a text is a record: fields that begin with a quote end with one."""
        if not self.quote:
            return F.lit(True)  # noqa: FBT003 # a literal
        return ~text.contains(self.quote) | text.rlike(self.whole)

    def leaves_open(self, text: SparkColumn) -> SparkColumn:
        """Return whether the last field of a text is quoted and goes on in the next line."""
        if not self.quote:
            return F.lit(False)  # noqa: FBT003 # a literal
        return text.contains(self.quote) & text.rlike(self.open)


def is_comment(line: SparkColumn, dialect: Dialect) -> SparkColumn:
    if not dialect.comment:
        return F.lit(False)  # noqa: FBT003 # a literal
    return line.startswith(dialect.comment)


def without_first_lines(lines: DataFrame, skipped: int) -> DataFrame:
    """Drop the first lines of each file."""
    if not skipped:
        return lines
    numbered = lines.withColumn("_place", F.row_number().over(_in_order()))
    return numbered.where(F.col("_place") > skipped).drop("_place")


def join_lines(lines: DataFrame, dialect: Dialect) -> DataFrame:
    """Join the lines of each record, with a line break between them, and drop comments.

    Takes LINE and FILE_URI with BLOCK and NUMBER, which order a file's lines. Returns LINE and
    FILE_URI, one row a record, and LOOSE. Where a quote never closes, or closes within a value,
    nobody can tell what is a record: from the line that opens it to the end of the file each line
    is a row of its own, and LOOSE.
    """
    numbered = _with_record_numbers(_with_states(lines, dialect))
    numbered = numbered.where(~(is_comment(F.col(LINE), dialect) & (F.col("_before") == 0)))
    position = F.struct(BLOCK, NUMBER)
    text = F.transform(
        F.sort_array(F.collect_list(F.struct(BLOCK, NUMBER, LINE))), lambda line: line[LINE]
    )
    apart = F.when(F.col(LOOSE), position).alias("_apart")
    records = numbered.groupBy(FILE_URI, "_record", LOOSE, apart).agg(
        F.array_join(text, "\n").alias(LINE)
    )
    return records.select(LINE, FILE_URI, LOOSE)


def _with_states(lines: DataFrame, dialect: Dialect) -> DataFrame:
    """Add whether a line begins and ends within an open quote: `_before` and `_after`, 0 or 1.

    A line that begins within one reads as if a quote stood before it. It says either how it ends
    whatever the line before, or that it ends as that did, or the other way round.
    """
    grammar = Grammar.of(dialect)
    within = F.concat(F.lit(dialect.quote), LINE)
    opens = grammar.leaves_open(F.col(LINE)) & ~is_comment(F.col(LINE), dialect)
    is_whole = within.rlike(grammar.whole)
    told = lines.select(
        "*",
        opens.cast("int").alias("_from_outside"),
        (grammar.leaves_open(within) | ~is_whole).cast("int").alias("_from_within"),
        (~grammar.leaves_open(within) & ~is_whole).alias("_closes_wrongly"),
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


def _written(character: str) -> str:
    """Write a character for a regular expression, within brackets or not."""
    return rf"\x{{{ord(character):x}}}"
