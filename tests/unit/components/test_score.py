"""The component `score` writes a score for every row of a batch, and no row for an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from assets.mltables import Card, write_card

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's and MLflow's, on import
]


def test_a_batch_of_which_all_was_set_aside_has_no_scores_and_is_no_failure(
    tmp_path: Path,
) -> None:
    from score.score import main  # noqa: PLC0415 # takes seconds

    batch, scores = tmp_path / "batch", tmp_path / "scores"
    scores.mkdir()
    write_card(str(batch), Card("diabetes_batch", "0", "r", "/lake/batch", 0, 0, "c"))
    main(
        model_name="diabetes_progression",
        model=str(tmp_path / "model"),
        batch=str(batch),
        scores=str(scores),
    )
    written = pq.read_table(scores / "scores.parquet")
    assert written.num_rows == 0
    kinds = {field.name: str(field.type) for field in written.schema}
    assert kinds == {"_row_id": "string", "score": "double", "class": "int32"}
