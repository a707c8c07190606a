"""The best training report is selected; a broken one, or one of another release, is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from learning.training_report import (
    ReportError,
    TrainingReport,
    measure_all,
    read_report,
    refuse_mix,
    select_best,
    write_report,
)
from tests.unit.components.models import model_of

if TYPE_CHECKING:
    from pathlib import Path


def report(candidate: str, slot: int, value: float, *, release: str = "r1") -> TrainingReport:
    measured = {"roc_auc": value, "rmse": value}
    return TrainingReport(candidate, slot, measured, release, (f"{candidate}:1",), "run")


def test_the_greatest_area_and_the_smallest_error_win() -> None:
    reports = [report("a", 1, 0.7), report("b", 2, 0.9), report("c", 3, 0.8)]
    assert select_best(reports, model_of()).candidate == "b"
    regression = model_of(task="regression", metric="rmse")
    assert select_best(reports, regression).candidate == "a"


def test_the_lower_slot_wins_a_tie_in_whatever_order_reports_come() -> None:
    reports = [report("c", 3, 0.9), report("b", 2, 0.9), report("a", 1, 0.8)]
    assert select_best(reports, model_of()).candidate == "b"


def test_a_candidate_whose_metric_is_no_number_is_never_the_best() -> None:
    reports = [report("a", 1, float("nan")), report("b", 2, 0.6)]
    assert select_best(reports, model_of()).candidate == "b"
    regression = model_of(task="regression", metric="rmse")
    assert select_best(reports, regression).candidate == "b"
    with pytest.raises(ReportError, match="no candidate has a finite roc_auc on validation"):
        select_best(reports[:1], model_of())


def test_what_rows_of_one_class_cannot_measure_is_left_out_unless_it_is_the_models_metric() -> None:
    outcome, scores = np.ones(2), np.array([0.5, 0.9])
    measured = measure_all(outcome, scores, model_of(metric="accuracy"))
    assert measured == {
        "accuracy": 0.5,
        "balanced_accuracy": 0.5,
        "macro_f1": pytest.approx(1 / 3),  # two thirds, and nothing for the class that was guessed
        "log_loss": pytest.approx(0.3992539),
    }
    message = "validation has 2 rows, and roc_auc needs rows of both classes; correct 'split' in"
    with pytest.raises(ReportError, match=message):
        measure_all(outcome, scores, model_of())


def test_candidates_of_another_release_are_named_and_refused() -> None:
    reports = [report("a", 1, 0.7), report("b", 2, 0.9, release="r2")]
    refuse_mix(reports[:1], "r1")
    with pytest.raises(ReportError, match=re.escape("of release r1, but {'b': 'r2'} learnt from")):
        refuse_mix(reports, "r1")


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_report(tmp_path, report("a", 1, 0.7))
    found = read_report(tmp_path)
    assert (found.candidate, found.slot, found.validation["rmse"]) == ("a", 1, 0.7)
    assert (found.release, list(found.data), found.mlflow_run_id) == ("r1", ["a:1"], "run")


@pytest.mark.parametrize("text", [None, "{", '{"candidate": "a"}'])
def test_a_missing_or_broken_report_is_named(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(ReportError, match=r"report\.json: is no training report"):
        read_report(tmp_path)
