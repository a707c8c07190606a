"""Score Parquet files: the code that a batch deployment runs, some files at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from scorer import Scorer, load_scorer, write_parquet

# conf.columns.ROW_ID, which is not in this code folder; a test holds the two equal.
ROW_ID = "_row_id"
_NO_DATA = ("_", ".")  # _SUCCESS and checksums, which Spark leaves beside its files
SCORERS: list[Scorer] = []  # one, from init to the end of the process


def init() -> None:
    """Load the model that the deployment names."""
    SCORERS[:] = [load_scorer(Path(os.environ["AZUREML_MODEL_DIR"]))]


def run(mini_batch: list[str]) -> list[str]:
    """Score every row of these files, into one file of scores for each; return their names.

    The scores of a file that is scored again, when a mini-batch is retried, replace the first.
    """
    folder = Path(os.environ["AZUREML_BI_OUTPUT_PATH"])
    names = []
    for file in map(Path, mini_batch):
        names.append(file.name)  # one a file: fewer would count as failures
        if file.name.startswith(_NO_DATA):
            continue
        # Spark writes moments as INT96, of which years after 2262 would wrap as nanoseconds.
        rows = pd.read_parquet(file, coerce_int96_timestamp_unit="us")
        scored = SCORERS[0].score(rows)
        scored.insert(0, ROW_ID, rows[ROW_ID].astype(str))
        part = folder / f".{file.name}.part"  # a mini-batch may end within a write
        write_parquet(scored, part)
        part.replace(folder / file.name)
    return names
