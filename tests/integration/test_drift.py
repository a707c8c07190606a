"""Files drift: each way in which one may differ from those before, and what becomes of its rows.

Without a word in the contract a file that differs is refused, or its rows are judged as any other:
nothing passes unseen. The words that let it pass are in the last column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import pytest

from spark_jobs.clean import clean_dataset
from spark_jobs.ingest import ingest_source
from spark_jobs.raw.errors import SourceError
from tests.contracts import contract_of

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

pytestmark = pytest.mark.spark

PLAIN = {
    "trip": "{type: int, required: true}",
    "city": "{type: string, allowed: [Ulm, Aix]}",
    "km": "{type: int, max: 500}",
    "fare": "{type: double}",
}
FIRST = {"trip": [1, 2], "city": ["Ulm", "Aix"], "km": [9, 120], "fare": [1.5, 20.0]}


class Drift(NamedTuple):
    """A second file, and what becomes of it: by the contract as it is, and by one that says more.

    An outcome is part of an error, or the numbers of valid and quarantined rows and of warnings.
    """

    rows: dict[str, list[object]]
    plain: str | tuple[int, int, int]
    told: str | tuple[int, int, int]
    columns: dict[str, str] = {}  # noqa: RUF012 # never changed
    keys: str = ""


def later(**columns: list[object]) -> dict[str, list[object]]:
    return {"trip": [3], "city": ["Ulm"], "km": [7], "fare": [2.5], **columns}


def without(name: str) -> dict[str, list[object]]:
    return {column: values for column, values in later().items() if column != name}


DRIFTS = {
    "a new column": Drift(
        later(tip=[1]),
        r"columns ['tip'] are not in the contract",
        (3, 0, 0),
        keys="new_columns: keep_text",
    ),
    "a missing column": Drift(
        without("fare"),
        "columns ['fare'] are missing",
        (3, 0, 0),
        columns={"fare": "{type: double, missing: null}"},
    ),
    "a missing key": Drift(
        without("trip"),
        "columns ['trip'] are missing",
        "columns ['trip'] are missing",
        keys='missing_columns: "null"',
    ),
    "a renamed column": Drift(
        {**without("fare"), "price": [2.5]},
        "columns ['fare'] are missing",
        (3, 0, 0),
        columns={"fare": "{type: double, source: [fare, price]}"},
    ),
    "a name in other letters": Drift(
        {**without("fare"), "FARE": [2.5]},
        "columns ['fare'] are missing",
        (3, 0, 0),
        keys="ignore_case: true",
    ),
    "columns in another order": Drift(
        {name: later()[name] for name in ("fare", "km", "city", "trip")}, (3, 0, 0), (3, 0, 0)
    ),
    "a wider type": Drift(
        later(km=[3_000_000_000]),
        (2, 1, 0),
        (3, 0, 0),
        columns={"km": "{type: long}"},
    ),
    "a fraction where there was none": Drift(
        later(km=[7.5]), (2, 1, 0), (3, 0, 0), columns={"km": "{type: double, max: 500}"}
    ),
    "a narrower type": Drift(later(fare=[2]), (3, 0, 0), (3, 0, 0)),
    "texts where there were numbers": Drift(
        later(km=["far"]), (2, 1, 0), (3, 0, 0), columns={"km": "{type: string}"}
    ),
    "another unit": Drift(
        later(km=[7000]), (2, 1, 0), (3, 0, 0), columns={"km": "{type: double, factor: 0.001}"}
    ),
    "another unit within the limits": Drift(
        later(fare=[2500.0]),
        (3, 0, 0),
        (3, 0, 1),
        keys="table_rules: {usual: {measure: mean, of: fare, max: 100, level: warn}}",
    ),
    "a new category": Drift(
        later(city=["Rom"]),
        (2, 1, 0),
        (3, 0, 1),
        columns={"city": "{type: string, allowed: [Ulm, Aix], level: warn}"},
    ),
}


def contract(columns: dict[str, str], keys: str, file_format: str) -> Dataset:
    stated = "".join(f"  {name}: {text}\n" for name, text in {**PLAIN, **columns}.items())
    source = f"sources: {{history: {{path: raw/*.{file_format}, format: {file_format}}}}}\n"
    return contract_of(f"{source}columns:\n{stated}key: [trip]\n{keys}\n")


def outcome(spark: SparkSession, folder: Path, stated: Dataset) -> tuple[int, int, int]:
    bronze = ingest_source(
        spark, stated, lake_uri=str(folder), source="history", as_of="2024-01-31"
    )
    cleaned = clean_dataset(spark, bronze.table, stated, lake_uri=str(folder))
    valid, quarantine = (cleaned.tables[name].rows_out for name in ("valid", "quarantine"))
    return valid, quarantine, sum(cleaned.warnings.values())


# What differs in a type differs in a file that has types; all else is the same in any format.
TYPED = [name for name in DRIFTS if " type" in name or "fraction" in name or "texts" in name]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "file_format"),
    [(name, "csv") for name in DRIFTS] + [(name, "parquet") for name in TYPED],
)
def test_a_file_that_differs_is_seen_unless_the_contract_says_what_it_may_do(
    spark: SparkSession, tmp_path: Path, name: str, file_format: str
) -> None:
    drift = DRIFTS[name]
    expected = {"plain": drift.plain, "told": drift.told}
    for said, (columns, keys) in {"plain": ({}, ""), "told": (drift.columns, drift.keys)}.items():
        folder = tmp_path / said
        (folder / "raw").mkdir(parents=True)
        for number, rows in enumerate((FIRST, drift.rows)):
            frame, file = pd.DataFrame(rows), folder / "raw" / f"{number}.{file_format}"
            if file_format == "csv":
                frame.to_csv(file, index=False)
            else:
                frame.to_parquet(file)
        stated = contract(columns, keys, file_format)
        found = expected[said]
        if isinstance(found, str):
            with pytest.raises(SourceError) as refused:
                outcome(spark, folder, stated)
            assert f"1.{file_format}: {found}" in str(refused.value)
        else:
            assert outcome(spark, folder, stated) == found
