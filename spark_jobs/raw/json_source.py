"""Read JSON as text: an object a line, or a list of objects in a file; nested fields by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import FILE_URI, MALFORMED, UNDECLARED
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.lines import LINE, is_text, read_lines, read_texts
from spark_jobs.raw.names import steps
from spark_jobs.raw.text import folder_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.dataset_source import Dialect, Source
    from spark_jobs.storage import StoredFile

NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


def read_json_lines(
    spark: SparkSession, files: Sequence[StoredFile], contract: Dataset, dialect: Dialect
) -> DataFrame:
    """Split each object into texts; a line that is no object is malformed, a blank one skipped."""
    return _split_objects(_lines(spark, files, dialect), files, contract, dialect)


def read_json_lists(
    spark: SparkSession, files: Sequence[StoredFile], contract: Dataset, source: Source
) -> DataFrame:
    """Split each object of the lists that files hold into texts, as `read_json_lines` does."""
    return _split_objects(_listed(spark, files, source), files, contract, source.dialect)


def json_records(spark: SparkSession, files: Sequence[StoredFile], source: Source) -> DataFrame:
    """Return the records of files in JSON, a text each: LINE and FILE_URI."""
    if source.format == "json":
        return _listed(spark, files, source)
    return _lines(spark, files, source.dialect)


def _lines(spark: SparkSession, files: Sequence[StoredFile], dialect: Dialect) -> DataFrame:
    lines = read_lines(spark, files, dialect).where(F.trim(LINE) != "")
    return lines.select(LINE, FILE_URI)


def _listed(spark: SparkSession, files: Sequence[StoredFile], source: Source) -> DataFrame:
    """Return the records of the lists that files hold.

    A file that holds one object in place of a list has one record. Raises SourceError for a file
    that holds neither.
    """
    texts = read_texts(spark, files, source.dialect)
    if source.records:
        texts = texts.withColumn(LINE, F.get_json_object(LINE, json_path(steps(source.records))))
    is_object = F.ltrim(LINE).startswith("{")
    as_list = F.when(is_object, F.concat(F.lit("["), LINE, F.lit("]"))).otherwise(F.col(LINE))
    listed = texts.select(FILE_URI, F.from_json(as_list, "array<string>").alias("listed"))
    wrong = listed.where(F.col("listed").isNull()).select(FILE_URI).distinct().collect()
    unlisted = {row[FILE_URI] for row in wrong}
    # Spark makes no row of a file without a byte.
    named = [file.name for file in files if not file.size or file.encoded in unlisted]
    if named:
        where = f" at {source.records!r}" if source.records else ""
        raise SourceError(
            f"{named[0]}: has no JSON list of records{where}; correct "
            "the file or the 'records' of its source; a file with an object a line is 'jsonl'"
        )
    # A null in the list is a record too.
    return listed.select(FILE_URI, F.explode("listed").alias("_record")).select(
        F.coalesce("_record", F.lit("null")).alias(LINE), FILE_URI
    )


def _split_objects(
    objects: DataFrame, files: Sequence[StoredFile], contract: Dataset, dialect: Dialect
) -> DataFrame:
    """Split the objects in LINE.

    A text is parsed as a list of objects, since Spark would read the first of several and drop the
    others.
    """
    listed = F.from_json(F.concat(F.lit("["), LINE, F.lit("]")), "array<map<string,string>>")
    is_object = is_text(F.col(LINE), dialect) & (F.size("listed") == 1)
    parsed = objects.select("*", listed.alias("listed")).select(
        "*", F.when(is_object, F.col("listed")[0]).alias("object")
    )
    firsts = {str(steps(name)[0]) for column in contract.raw_columns for name in column.names}
    names = F.array(
        *(F.lit(n) for n in {*firsts, *(n for c in contract.raw_columns for n in c.names)})
    )
    if contract.ignore_case:
        names = F.transform(names, F.lower)
    others = F.map_filter(
        "object", lambda name, _: ~F.array_contains(names, _folded(name, contract))
    )

    def value(names: Sequence[str]) -> SparkColumn:
        stated = [_stated(name, contract) for name in names]
        return F.coalesce(*stated, *(folder_value(files, name) for name in names))

    return parsed.select(
        *(value(column.names).alias(column.name) for column in contract.raw_columns),
        F.when(F.col("object").isNull(), F.col(LINE)).alias(MALFORMED),
        F.when(F.size(others) > 0, F.to_json(others)).alias(UNDECLARED),
        FILE_URI,
    )


def _stated(name: str, contract: Dataset) -> SparkColumn:
    """Return what an object states for a name, or at a path; null where it does not."""
    first, *rest = steps(name)
    found = _entry(name, contract)
    if rest:
        # Within the value of the first name: as a whole, an object with NaN is none to this.
        nested = F.get_json_object(_entry(str(first), contract), json_path(rest))
        found = F.coalesce(found, nested)
    # Spark writes what is no JSON number within quotes, which no string of JSON has.
    is_word = found.isin(*(f'"{word}"' for word in NO_NUMBERS))
    return F.when(is_word, F.btrim(found, F.lit('"'))).otherwise(found)


def _entry(name: str, contract: Dataset) -> SparkColumn:
    exact = F.col("object").getItem(name)
    if not contract.ignore_case:
        return exact
    alike = F.map_filter("object", lambda other, _: F.lower(other) == name.lower())
    return F.coalesce(exact, F.map_values(alike)[0])


def _folded(name: SparkColumn, contract: Dataset) -> SparkColumn:
    return F.lower(name) if contract.ignore_case else name


def json_path(steps: Sequence[str | int]) -> str:
    """Write names and places in lists as Spark's functions of JSON take them."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in steps)
