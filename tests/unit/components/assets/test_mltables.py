"""MLTable folders: their cards, and the official reader on real Delta tables."""

from __future__ import annotations

import datetime as dt
import os
import re
import socket
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from assets.mltables import (
    Card,
    MLTableError,
    read_card,
    read_release,
    read_rows,
    write_card,
    write_mltable,
)
from assets.readback import ReadbackError, check_readback, find_differences
from conf.target import REPOSITORY
from spark_jobs.checksum import checksum
from tests.unit.components.models import receipt_of

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

CARD = Card("trips_train", "3", "r1", "/lake/gold/trips/train", 2, 10, "c0ffee")
TYPES = (
    "city string, flights int, seats long, day date, left_at timestamp, is_late boolean, km double"
)
MOMENT = dt.datetime(2024, 1, 1, 0, 0, 0, 123456, tzinfo=dt.UTC)


def write_table(rows: DataFrame, folder: Path, *, by: tuple[str, ...] = ()) -> str:
    uri = str(folder / "table")
    rows.coalesce(1).write.format("delta").mode("overwrite").partitionBy(*by).save(uri)
    return uri


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_card(f"{tmp_path}/train/", CARD)
    assert read_card(str(tmp_path / "train")) == CARD
    assert CARD.reference == "trips_train:3"


@pytest.mark.parametrize("scheme", ["abfs", "abfss"])
def test_a_table_over_abfs_is_written_as_mltable_can_read_it(tmp_path: Path, scheme: str) -> None:
    uri = f"{scheme}://lake@account.dfs.core.windows.net/gold/abfs:rows"
    write_mltable(str(tmp_path), table_uri=uri, version=3)
    assert yaml.safe_load((tmp_path / "MLTable").read_text()) == {
        "type": "mltable",
        "paths": [{"folder": "abfss://lake@account.dfs.core.windows.net/gold/abfs:rows"}],
        "transformations": [{"read_delta_lake": {"version_as_of": 3}}],
    }


@pytest.mark.parametrize("text", [None, "{", '{"name": "trips_train"}'])
def test_a_folder_without_a_card_says_who_writes_one(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "asset.json").write_text(text)
    message = f"{tmp_path}: has no readable asset.json; publish the table with publish_mltable"
    with pytest.raises(MLTableError, match=re.escape(message)):
        read_card(str(tmp_path))


def test_tables_of_different_releases_are_not_used_together(tmp_path: Path) -> None:
    folders = [str(tmp_path / name) for name in ("train", "validation")]
    write_card(folders[0], CARD)
    write_card(folders[1], replace(CARD, name="trips_validation", version="7"))
    assert [card.version for card in read_release(folders)] == ["3", "7"]
    write_card(folders[1], replace(CARD, name="trips_validation", version="8", release="r2"))
    mixed = "{'trips_train:3': 'r1', 'trips_validation:8': 'r2'}"
    with pytest.raises(MLTableError, match=re.escape(mixed)):
        read_release(folders)


@pytest.mark.spark
def test_a_table_is_read_at_the_version_that_it_is_pinned_to(
    spark: SparkSession, tmp_path: Path
) -> None:
    uri = write_table(spark.createDataFrame([("old",)], "city string"), tmp_path)
    write_table(spark.createDataFrame([("new",), ("newer",)], "city string"), tmp_path)
    for version, cities in enumerate([["old"], ["new", "newer"]]):
        folder = str(tmp_path / f"v{version}")
        write_mltable(folder, table_uri=uri, version=version)
        assert sorted(read_rows(folder)["city"]) == cities


@pytest.mark.spark
def test_every_type_is_read_back_as_spark_wrote_it(spark: SparkSession, tmp_path: Path) -> None:
    day = dt.date(2024, 1, 1)
    written = spark.createDataFrame(
        [
            ("Ülm", 1, 2**40, day, MOMENT, True, 1.5),
            (None,) * 7,
            ("", -1, 0, day, MOMENT, False, 0.1),
        ],
        TYPES,
    )
    folder = str(tmp_path / "published")
    write_mltable(folder, table_uri=write_table(written, tmp_path), version=0)
    receipt = receipt_of(rows=3, checksum=checksum(written))
    assert find_differences(read_rows(folder), receipt) == []


@pytest.mark.spark
def test_an_integer_that_the_reader_cannot_hold_is_found_out(
    spark: SparkSession, tmp_path: Path
) -> None:
    written = spark.createDataFrame([(2**53 + 1,), (None,)], "seats long")
    folder = str(tmp_path / "published")
    write_mltable(folder, table_uri=write_table(written, tmp_path), version=0)
    receipt = receipt_of(rows=2, checksum=checksum(written))
    with pytest.raises(ReadbackError, match="seats: crc32 is"):
        check_readback("train", read_rows(folder), receipt)


@pytest.mark.spark
def test_a_partitioned_table_whose_reader_drops_a_column_is_found_out(
    spark: SparkSession, tmp_path: Path
) -> None:
    written = spark.createDataFrame([("Ulm", 1), ("Bonn", 2)], "city string, flights int")
    folder = str(tmp_path / "published")
    write_mltable(folder, table_uri=write_table(written, tmp_path, by=("city",)), version=0)
    receipt = receipt_of(rows=2, checksum=checksum(written))
    message = re.escape("columns ['flights'], Spark wrote ['city', 'flights']")
    with pytest.raises(ReadbackError, match=message):
        check_readback("train", read_rows(folder), receipt)


@pytest.mark.spark
def test_a_version_that_is_not_there_is_named(spark: SparkSession, tmp_path: Path) -> None:
    uri = write_table(spark.createDataFrame([("old",)], "city string"), tmp_path)
    write_mltable(str(tmp_path / "v7"), table_uri=uri, version=7)
    with pytest.raises(MLTableError, match=r"v7: mltable cannot read it: .*version=7") as caught:
        read_rows(str(tmp_path / "v7"))
    assert "\n" not in str(caught.value)
    assert "session_id" not in str(caught.value)


def test_a_folder_that_is_no_mltable_is_named(tmp_path: Path) -> None:
    with pytest.raises(MLTableError, match="cannot read it: Not able to find MLTable file"):
        read_rows(str(tmp_path))


def test_reading_tells_nobody(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    (tmp_path / "MLTable").write_text(
        "type: mltable\npaths: [{file: ./rows.csv}]\ntransformations: [read_delimited: {}]\n"
    )
    script = f"from assets.mltables import read_rows; print(len(read_rows({str(tmp_path)!r})))"
    with socket.create_server(("127.0.0.1", 0)) as outside:
        proxy = f"http://127.0.0.1:{outside.getsockname()[1]}"
        proxies = {name: proxy for kind in ("http", "https") for name in _names(kind)}
        read = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            env={**os.environ, **proxies, "PYTHONPATH": "components"},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        outside.settimeout(0.1)
        with pytest.raises(TimeoutError):  # nobody came
            outside.accept()
    assert read.stdout == "1\n"


def _names(kind: str) -> tuple[str, str]:
    return f"{kind}_proxy", f"{kind}_proxy".upper()
