"""Contracts and bronze rows as tests state them: YAML text, and only the columns that matter."""

from __future__ import annotations

import tempfile
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType
from typing import TYPE_CHECKING

from conf.dataset import load_dataset
from conf.dataset_source import Dialect, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset

LINEAGE = ("_row_id", "_ingestion_id", "_source_file", "_as_of")
MODIFIED = "_file_modified"
NO_FILES: Mapping[str, str] = MappingProxyType({})


def contract_of(
    text: str, *, name: str = "trips", references: Mapping[str, str] = NO_FILES
) -> Dataset:
    """Load the contract that the YAML `text` states; without sources it gets a CSV source.

    `references` are the texts of files of conf/references.
    """
    source = "sources: {history: {path: raw/*.csv, format: csv}}\n"
    text = dedent(text)
    with tempfile.TemporaryDirectory() as conf:
        folders = {each: Path(conf, each) for each in ("datasets", "references")}
        for folder in folders.values():
            folder.mkdir()
        for file, lines in references.items():
            (folders["references"] / file).write_text(lines, encoding="utf-8")
        stated = text if "sources:" in text else source + text
        (folders["datasets"] / f"{name}.yml").write_text(stated, encoding="utf-8")
        return load_dataset(name, folder=folders["datasets"])


def source_of(file_format: str, dialect: Dialect | None = None, *, records: str = "") -> Source:
    return Source(f"raw/*.{file_format}", file_format, "listing", dialect or Dialect(), records)


def bronze_of(
    spark: SparkSession, contract: Dataset, rows: Sequence[Mapping[str, str | None]]
) -> DataFrame:
    """Return bronze rows: what a row does not state is null, but its lineage has plain defaults."""
    names = (*LINEAGE, MODIFIED, "_malformed", "_undeclared", *contract.column_names)
    lineage = {"_ingestion_id": "i", "_source_file": "raw/a.csv", "_as_of": "2024-01-01"}
    plain = {**lineage, MODIFIED: "0"}
    stated = [{"_row_id": f"r{place}", **plain, **row} for place, row in enumerate(rows)]
    texts = spark.createDataFrame(
        [tuple(row.get(name) for name in names) for row in stated],
        ", ".join(f"`{name}` string" for name in names),
    )
    return texts.withColumn(MODIFIED, texts[MODIFIED].cast("long"))
