"""Small files of the lake are read and written whole, and a missing one is named."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from spark_jobs import storage
from spark_jobs.receipt import Receipt, TableReceipt

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_a_missing_file_is_named(spark: SparkSession, tmp_path: Path) -> None:
    missing = f"{tmp_path}/receipt.json"
    assert storage.file_exists(spark, missing) is False
    with pytest.raises(storage.StorageError, match=rf"{missing}: cannot be opened: .*not exist"):
        storage.read_text(spark, missing)


def test_a_text_replaces_the_one_before_as_utf_8(spark: SparkSession, tmp_path: Path) -> None:
    uri = f"{tmp_path}/a folder/nöte.json"
    storage.write_text(spark, uri, "a much longer first text")
    storage.write_text(spark, uri, "Ülm €")
    assert storage.read_text(spark, uri) == "Ülm €"
    assert (tmp_path / "a folder" / "nöte.json").read_text(encoding="utf-8") == "Ülm €"


def test_a_receipt_is_found_in_its_folder(spark: SparkSession, tmp_path: Path) -> None:
    receipt = Receipt("clean", "trips", "1 row", {"valid": TableReceipt("u", "i", 0, 1, 1)})
    storage.write_receipt(spark, f"{tmp_path}/", receipt)
    assert storage.read_receipt(spark, str(tmp_path)) == receipt


def test_a_file_is_known_by_its_bytes_and_its_first_line(
    spark: SparkSession, tmp_path: Path
) -> None:
    content = b"trip,city\r\n1,\xff\n"
    (tmp_path / "a.csv").write_bytes(content)
    assert storage.sha256(spark, f"{tmp_path}/a.csv") == hashlib.sha256(content).hexdigest()
    assert next(storage.first_lines(spark, f"{tmp_path}/a.csv", "UTF-8")) == "trip,city"
    (tmp_path / "empty.csv").write_bytes(b"")
    assert next(storage.first_lines(spark, f"{tmp_path}/empty.csv", "UTF-8")) == ""
