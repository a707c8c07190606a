"""Score every row of a published batch with a model."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from assets.mltables import read_card, read_rows
from conf import faults
from conf.arguments import arguments
from conf.columns import ROW_ID
from conf.model import load_model
from scorer import load_scorer, write_parquet


def main(*, model_name: str, model: str, batch: str, scores: str) -> None:
    spec = load_model(model_name)
    # What a model of elsewhere does not say of itself, conf does.
    scorer = load_scorer(Path(model), task=spec.task, threshold=spec.threshold)
    # All rows were set aside, each with its reason; mltable cannot read a table without rows.
    is_empty = not read_card(batch).rows
    rows = pd.DataFrame({ROW_ID: pd.Series(dtype="string")}) if is_empty else read_rows(batch)
    scored = scorer.score_none() if is_empty else scorer.score(rows)
    scored.insert(0, ROW_ID, rows[ROW_ID].astype("string"))
    with faults.around("scores", scores):
        write_parquet(scored, Path(scores, "scores.parquet"))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
