"""Labels that are words and columns of every kind go from a file to scores, alike in each way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import online
import pytest

from tests.e2e.conftest import SCORE_ON_SPARK
from tests.e2e.lake_runs import (
    ALL,
    Ended,
    make_lake,
    parquet_rows,
    receipt,
    rows_of,
    run,
)
from tests.e2e.word_labels import DATASETS, write_own
from tests.rooms import copy_rooms

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),  # MLflow's
]


@dataclass(frozen=True)
class Own:
    """A dataset of one's own that went through all pipelines, in a copy of the repository."""

    name: str
    repository: Path
    lake: Path
    ended: Ended

    @property
    def scores(self) -> dict[str, dict[str, Any]]:
        """What the lake has of each row's classes, by row."""
        table = rows_of(self.lake / "gold" / self.name / "scores")
        return {row["_row_id"]: told(row) for row in table}

    @property
    def nearly(self) -> dict[str, dict[str, Any]]:
        """The same, as far as it does not depend on the order of a sum."""
        return {
            row_id: {
                "score": pytest.approx(row["score"], rel=1e-6),
                "class": row["class"],
                "probabilities": pytest.approx(row["probabilities"], rel=1e-6, abs=1e-12),
            }
            for row_id, row in self.scores.items()
        }

    def output(self, node: str, name: str) -> str:
        return str(self.ended.runs["batch_inference"]["nodes"][node]["outputs"][name])


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a scored row says of its classes."""
    probabilities = dict(row["probabilities"])
    return {"score": row["score"], "class": row["class"], "probabilities": probabilities}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_rooms(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module", params=list(DATASETS))
def own(
    request: pytest.FixtureRequest, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Own:
    name = request.param
    lake = make_lake(tmp_path_factory.mktemp(name))
    write_own(name, repository=repository, lake=lake)
    return Own(
        name, repository, lake, run(lake, *ALL, f"--model={name}_model", repository=repository)
    )


@pytest.fixture
def deployed(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tmp_path.as_uri())  # or it makes a folder here
    monkeypatch.setenv("AZUREML_MODEL_DIR", own.output("resolve_model", "model"))
    online.init()
    yield
    online.SCORERS.clear()


def test_a_label_of_words_is_learnt_and_every_row_of_the_batch_is_scored_by_name(own: Own) -> None:
    assert own.ended.code == 0, own.ended.text
    assert f"new champion: {own.name}_model v1" in own.ended.text
    scores = own.scores
    assert len(scores) == 40
    classes = {"crops": {"rice", "oat", "rye"}, "tickets": {"solved", "escalated"}}[own.name]
    assert {row["class"] for row in scores.values()} == classes
    decision = Path(own.ended.runs["training"]["nodes"]["compare"]["outputs"]["decision"])
    page = (decision / "report.html").read_text()
    assert "Classes of the winner on test" in page
    assert page.count("<svg") == 4


@pytest.mark.usefixtures("deployed")
def test_a_request_is_answered_with_the_scores_of_the_batch(own: Own) -> None:
    tables = receipt(own.ended, "batch_inference", "select_batch")["tables"]
    batch = Path(tables[f"{own.name}/batch"]["uri"])
    rows = rows_of(batch)
    response = online.run(json.dumps({"rows": rows}, default=lambda day: day.isoformat()))
    assert response.status_code == 200, response.get_data(as_text=True)
    answered = json.loads(response.get_data(as_text=True))["scores"]
    assert dict(zip((row["_row_id"] for row in rows), answered, strict=True)) == own.nearly


def test_spark_scores_the_batch_alike(own: Own) -> None:
    file = own.lake.parent / "score_on_spark.yml"
    text = SCORE_ON_SPARK.format(
        component=own.repository / "components" / "score_spark" / "component.yml",
        batch=own.output("select_batch", "receipt"),
        model=own.output("resolve_model", "model"),
    )
    file.write_text(text.replace("diabetes_progression", f"{own.name}_model"))
    ended = run(own.lake, str(file), repository=own.repository)
    assert ended.code == 0, ended.text
    (record,) = ended.runs.values()
    folder = Path(record["nodes"]["score_spark"]["outputs"]["scores"])
    rows = [row for part in folder.glob("*.parquet") for row in parquet_rows(part)]
    assert {row["_row_id"]: told(row) for row in rows} == own.nearly


def test_the_same_batch_again_writes_nothing(own: Own) -> None:
    before = receipt(own.ended, "batch_inference", "write_scores")
    again = run(own.lake, "batch_inference", f"--model={own.name}_model", repository=own.repository)
    assert again.code == 0, again.text
    assert receipt(again, "batch_inference", "write_scores") == before
