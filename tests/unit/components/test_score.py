"""The component `score` writes a score for every row of a batch, and no row for an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest

from assets.mltables import Card, write_card

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's and MLflow's, on import
    pytest.mark.filterwarnings("ignore::UserWarning"),  # MLflow's, of its own wrapper
]


def save(folder: Path, outcome: list[float], metadata: dict[str, object]) -> None:
    import mlflow  # noqa: PLC0415 # takes seconds
    from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: PLC0415 # same

    rows = pd.DataFrame({"distance": [0.0, 1.0, 8.0]})
    is_number = metadata["task"] == "regression"
    model = (LinearRegression() if is_number else LogisticRegression()).fit(rows, outcome)
    mlflow.sklearn.save_model(model, str(folder), pip_requirements=[], metadata=metadata)


@pytest.mark.parametrize(
    ("outcome", "metadata", "expected"),
    [
        ([0.5, 1.5, 9.0], {"task": "regression"}, {"class": "int32"}),
        ([0, 0, 1], {"task": "classification"}, {"class": "int32"}),
        (
            [0, 1, 2],
            {"task": "classification", "classes": ["rye", "oat", "corn"], "positive": None},
            {"class": "string", "probabilities": "map<string, double ('probabilities')>"},
        ),
    ],
)
def test_a_batch_of_which_all_was_set_aside_has_no_scores_and_is_no_failure(
    tmp_path: Path,
    outcome: list[float],
    metadata: dict[str, object],
    expected: dict[str, str],
) -> None:
    from score.score import main  # noqa: PLC0415 # takes seconds

    batch, scores = tmp_path / "batch", tmp_path / "scores"
    scores.mkdir()
    write_card(str(batch), Card("diabetes_batch", "0", "r", "/lake/batch", 0, 0, "c"))
    save(tmp_path / "model", outcome, metadata)
    main(
        model_name="diabetes_progression",
        model=str(tmp_path / "model"),
        batch=str(batch),
        scores=str(scores),
    )
    written = pq.read_table(scores / "scores.parquet")
    assert written.num_rows == 0
    kinds = {field.name: str(field.type) for field in written.schema}
    assert kinds == {"_row_id": "string", "score": "double", **expected}
