"""Score every row of a published batch with a model."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from assets.mltables import read_card, read_rows
from conf.arguments import arguments
from conf.columns import CLASS, ROW_ID, SCORE
from conf.model import load_model
from scorer import load_scorer

NO_SCORES = pd.DataFrame(
    {
        ROW_ID: pd.Series(dtype="string"),
        SCORE: pd.Series(dtype="float64"),
        CLASS: pd.Series(dtype="Int32"),
    }
)


def main(*, model_name: str, model: str, batch: str, scores: str) -> None:
    spec = load_model(model_name)
    # All rows were set aside, each with its reason; mltable cannot read a table without rows.
    if not read_card(batch).rows:
        NO_SCORES.to_parquet(Path(scores, "scores.parquet"), index=False)
        return
    rows = read_rows(batch)
    # What a model of elsewhere does not say of itself, conf does.
    scorer = load_scorer(Path(model), task=spec.task, threshold=spec.threshold)
    scored = scorer.score(rows)
    scored.insert(0, ROW_ID, rows[ROW_ID].astype(str))
    scored.to_parquet(Path(scores, "scores.parquet"), index=False)


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
