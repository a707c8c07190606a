"""Profile files that no contract describes yet: their columns are found in them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import types as T

from conf.dataset import columns_alone
from conf.dataset_column import Column
from spark_jobs.profiling.profile import Profile, profile_rows
from spark_jobs.raw.csv_source import header_of
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.json_source import json_records
from spark_jobs.raw.lines import LINE
from spark_jobs.raw.sources import list_all, read_as_text
from spark_jobs.raw.typed_source import typed_rows
from spark_jobs.raw.unreadable import naming_unreadable, read_through

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset
    from conf.dataset_source import Source
    from spark_jobs.storage import StoredFile

RECORDS = 10_000  # of JSON, whose names are looked at
DEEPEST = 3  # names of a path


def profile_files(
    spark: SparkSession,
    patterns: Sequence[str],
    source: Source,
    *,
    contract: Dataset | None,
    label: str = "",
) -> Profile:
    """Profile the files that match URI patterns: by the names of a contract, or those they have.

    Raises SourceError when there is no file, or one cannot be read.
    """
    files = list_all(spark, patterns)
    if not files:
        raise SourceError(f"there is no file at {', '.join(patterns)}")
    with naming_unreadable(spark, files, source):
        read_through(spark, files, source)
        found = {} if contract else _names(spark, files, source)
        lenient = as_texts(contract or columns_alone([Column(name, "string") for name in found]))
        rows = read_as_text(spark, files, lenient, source)
        profile = profile_rows(rows, lenient.raw_names, files=len(files), label=label)
    has_headers = source.format not in {"json", "jsonl"}
    partial = [name for name, count in found.items() if has_headers and count < len(files)]
    return replace(profile, partial=partial)


def as_texts(contract: Dataset) -> Dataset:
    """Return a contract whose columns are texts, each of which may be missing."""
    return replace(contract, key=(), new_columns="keep_text", missing_columns="null")


def _names(spark: SparkSession, files: Sequence[StoredFile], source: Source) -> Counter[str]:
    """Count the files that have each column, or whose folders state it; of JSON the records."""
    found: Counter[str] = Counter()
    if source.format in {"json", "jsonl"}:
        for row in json_records(spark, files, source).limit(RECORDS).collect():
            found.update(list(_paths_of(row[LINE])))
    for file in files:
        names: dict[str, None] = {}
        if source.format == "csv":
            names = dict.fromkeys(header_of(spark, file, (), source.dialect)[1])
        elif source.format not in {"json", "jsonl"}:
            schema = typed_rows(spark, [file], source.format).schema
            names = dict.fromkeys(_paths_in(schema))
        found.update(list(names | dict.fromkeys(file.folders)))
    return found


def _paths_of(text: str) -> Iterator[str]:
    """Yield the names of a JSON object, and the paths of those that are nested in it."""
    try:
        found = json.loads(text)
    except ValueError:
        return
    if isinstance(found, dict):
        yield from _paths_below(found, "")


def _paths_below(found: Mapping[str, object], above: str) -> Iterator[str]:
    for name, value in found.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and value and path.count(".") < DEEPEST - 1 and "." not in name:
            yield from _paths_below(value, f"{path}.")
        else:
            yield path


def _paths_in(schema: T.StructType, above: str = "") -> Iterator[str]:
    for field in schema.fields:
        path = f"{above}{field.name}"
        if isinstance(field.dataType, T.BinaryType):
            continue
        if isinstance(field.dataType, T.StructType) and path.count(".") < DEEPEST - 1:
            yield from _paths_in(field.dataType, f"{path}.")
        else:
            yield path
