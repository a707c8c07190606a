"""Whatever a contract says and files hold: each row ends in one table, and order is no matter.

A case is a record of a made-up file, with hostile values, that is ingested and cleaned by a made-up
contract. `GENERATED_CASES` is how many there are; with that variable they are others each time.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from conf.columns import ROW_HASH, ROW_ID
from spark_jobs import clean, lake
from spark_jobs.clean import clean_dataset
from spark_jobs.ingest import ingest_source
from spark_jobs.silver import cleaned_uris
from tests.case_files import lines_of
from tests.contracts import contract_of
from tests.delta_logs import operations
from tests.integration.generated_contracts import contracts, texts
from tests.integration.generated_files import RawFile, make_file

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset

pytestmark = pytest.mark.spark

ASKED = int(os.environ.get("GENERATED_CASES", "0"))
FILES = 4
RECORDS = 60 if ASKED else 5  # of a file
CONTRACTS = max(1, ASKED // (FILES * RECORDS)) if ASKED else 2


class World:
    """A lake, and the tables that made-up files become in it."""

    def __init__(self, spark: SparkSession, folder: Path, contract: Dataset) -> None:
        self.spark, self.folder, self.contract = spark, folder, contract
        (folder / "raw").mkdir(parents=True)

    def arrive(self, number: int, file: RawFile) -> None:
        """Lay down a file; later ones are as if they were changed later."""
        path = self.folder / self.contract.sources["history"].path.replace("*", str(number))
        path.write_bytes(file.content)
        os.utime(path, (number, number))

    def clean(self) -> dict[str, DataFrame]:
        uri = str(self.folder)
        bronze = ingest_source(
            self.spark, self.contract, lake_uri=uri, source="history", as_of="arrival"
        ).table
        tables = clean_dataset(self.spark, bronze, self.contract, lake_uri=uri).tables
        read = {name: lake.read_table(self.spark, table) for name, table in tables.items()}
        return {"bronze": lake.read_table(self.spark, bronze), **read}

    def commits(self) -> dict[str, list[str]]:
        uris = cleaned_uris(self.spark, self.contract, str(self.folder))
        return {name: operations(uri) for name, uri in uris.items()}


def require_each_row_once(tables: dict[str, DataFrame], files: list[RawFile]) -> None:
    """Require every record of the files in bronze and in one table, with a reason if broken."""
    rows = [row[ROW_ID] for row in tables["bronze"].select(ROW_ID).collect()]
    assert len(rows) == sum(file.records for file in files)
    places = [n for n in ("valid", "quarantine", "duplicates", "deleted") if n in tables]
    placed = [row[ROW_ID] for n in places for row in tables[n].select(ROW_ID).collect()]
    assert Counter(placed) == Counter(rows)
    assert max(Counter(rows).values()) == 1
    reasons = tables["quarantine"].select("broken_rules").collect()
    assert all(row["broken_rules"] for row in reasons)


def require_texts(bronze: DataFrame, contract: Dataset, files: list[RawFile]) -> None:
    """Bronze has the text of each whole record as it came."""
    told = {tag: texts for file in files for tag, texts in file.texts.items()}
    found = {
        row["tag"]: {name: row[name] for name in contract.raw_names}
        for row in bronze.where("_malformed is null").collect()
    }
    assert {tag: found.get(tag) for tag in told} == told


def same(rows: DataFrame, contract: Dataset) -> list[str]:
    """Return a table but for what tells in which read a row came."""
    of_the_read = {ROW_ID, *(("row_id", ROW_HASH) if contract.key == ("row_id",) else ())}
    return lines_of(rows.drop(*of_the_read))


@pytest.mark.slow
@settings(
    max_examples=CONTRACTS,
    derandomize=not ASKED,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # a smaller example would take minutes to be found
    suppress_health_check=list(HealthCheck),
)
@given(stated=contracts(), texts=texts(), seed=st.integers(0, 2**32))
def test_made_up_rows_end_in_one_table_each_however_they_arrive(
    spark: SparkSession, stated: dict[str, Any], texts: list[str], seed: int
) -> None:
    text = yaml.safe_dump(stated, allow_unicode=True, sort_keys=False)
    note(f"seed {seed}, contract:\n{text}")
    contract = contract_of(text)
    random = Random(seed)  # noqa: S311 # no secret
    files = [
        make_file(stated, random, texts, tags=[f"t{number}_{place}" for place in range(RECORDS)])
        for number in range(FILES)
    ]
    with TemporaryDirectory() as folder:
        apart = World(spark, Path(folder, "apart"), contract)
        together = World(spark, Path(folder, "together"), contract)
        for number, file in enumerate(files):
            apart.arrive(number, file)
            together.arrive(number, file)
            if number == FILES // 2:
                apart.clean()
        by_and_by = apart.clean()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(clean, "FEW_ROWS", 0)  # rows of the same key are found first
            at_once = together.clean()
        require_each_row_once(by_and_by, files)
        require_texts(by_and_by["bronze"], contract, files)
        for name in at_once.keys() - {"bronze"}:
            assert same(by_and_by[name], contract) == same(at_once[name], contract), name
        before = apart.commits()
        shutil.rmtree(apart.folder / "done")  # as if the run had been killed before its end
        apart.clean()
        assert apart.commits() == before
