"""Score every row of a published batch with a model."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from assets.mltables import read_rows
from conf.model import load_model
from learning import champion
from learning.rows import features_of

ROW_ID = "_row_id"


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model_name", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--batch", required=True)
    parser.add_argument("--scores", required=True)
    return parser


def main(*, model_name: str, model: str, batch: str, scores: str) -> None:
    spec = load_model(model_name)
    rows = read_rows(batch)
    found = pd.DataFrame(
        {
            ROW_ID: rows[ROW_ID].astype(str),
            "score": champion.score(Path(model), features_of(rows, spec)).astype("float64"),
        }
    )
    found["class"] = pd.Series(pd.NA, index=found.index, dtype="Int32")
    if spec.task == "classification":
        known = np.isfinite(found["score"])
        found.loc[known, "class"] = (found["score"][known] > spec.threshold).astype("Int32")
    found.to_parquet(Path(scores, "scores.parquet"), index=False)


if __name__ == "__main__":
    main(**vars(arguments().parse_args()))
