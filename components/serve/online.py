"""Score rows over HTTP: the code that an online deployment runs."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pandas as pd
from azureml_inference_server_http.api.aml_response import AMLResponse

from raw_columns import RowsError
from scorer import Scorer, load_scorer

SCORERS: list[Scorer] = []  # one, from init to the end of the process


def init() -> None:
    """Load the model that the deployment names."""
    SCORERS[:] = [load_scorer(Path(os.environ["AZUREML_MODEL_DIR"]))]


def run(raw: str) -> AMLResponse:
    """Score `{"rows": [{column: value, …}, …]}`; return `{"scores": [{"score": …, "class": …}]}`.

    With other classes than 0 and 1, `probabilities` has that of each. The answer has one entry per
    row, in their order. Its status is 400 for what cannot be scored.
    """
    try:
        rows = _rows(raw)
        scored = SCORERS[0].score(rows)
    except (RowsError, json.JSONDecodeError) as error:
        refusal = {"code": "BadRequest", "message": str(error)}  # the shape that clients read
        return AMLResponse({"error": refusal}, 400, json_str=True)
    scores = [_entry(row) for row in scored.to_dict("records")]
    return AMLResponse({"scores": scores}, 200, json_str=True)


def _rows(raw: str) -> pd.DataFrame:
    request = json.loads(raw)
    rows = request.get("rows") if isinstance(request, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise RowsError('the request is not of the form {"rows": [{"column": value}, …]}')
    return pd.DataFrame(rows)


def _entry(row: dict[str, Any]) -> dict[str, object]:
    has_score = math.isfinite(row["score"])  # JSON has no NaN
    entry = {
        "score": row["score"] if has_score else None,
        "class": None if pd.isna(row["class"]) else row["class"],
    }
    told = {"probabilities": row["probabilities"]} if "probabilities" in row else {}
    return entry | told
