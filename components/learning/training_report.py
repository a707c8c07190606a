"""The report of each candidate's training, and the choice of the best one on validation."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from conf.model import TASKS, Model
from conf.step_files import write_step_file
from learning.metrics import MetricError, measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from learning.metrics import Vector

FILE_NAME = "report.json"


class ReportError(RuntimeError):
    """A report is missing, cannot be made, or is of another release than the rows it is for."""


@dataclass(frozen=True)
class TrainingReport:
    """The training of one candidate: its slot, metrics on validation, data and run."""

    candidate: str
    slot: int
    validation: Mapping[str, float]
    release: str
    data: tuple[str, ...]
    mlflow_run_id: str


def measure_all(outcome: Vector, scores: Vector, model: Model) -> dict[str, float]:
    """Measure what the task has on validation; raise ReportError if the model's own cannot be.

    A metric that these rows do not have what it needs for is left out.
    """
    measured = {}
    for metric in TASKS[model.task]:
        try:
            measured[metric] = measure(metric, outcome, scores, threshold=model.threshold)
        except MetricError as error:
            if metric == model.metric:
                raise ReportError(
                    f"validation has {len(outcome)} rows, and {error}; correct 'split' in "
                    f"conf/datasets/{model.dataset}.yml"
                ) from error
    return measured


def write_report(folder: Path, report: TrainingReport) -> None:
    write_step_file(folder, FILE_NAME, json.dumps(asdict(report), indent=2))


def read_report(folder: Path) -> TrainingReport:
    """Read a candidate's report; raise ReportError for one that cannot be read."""
    try:
        return TrainingReport(**json.loads((folder / FILE_NAME).read_text(encoding="utf-8")))
    except (OSError, TypeError, json.JSONDecodeError) as error:
        raise ReportError(f"{folder / FILE_NAME}: is no training report: {error}") from error


def select_best(reports: Sequence[TrainingReport], model: Model) -> TrainingReport:
    """Select the candidate with the best metric on validation; the lower slot wins a tie.

    Raises ReportError when no candidate's metric is a finite number.
    """
    sign = -1 if model.greater_is_better else 1
    measured = [report for report in reports if math.isfinite(report.validation[model.metric])]
    if not measured:
        values = {report.candidate: report.validation[model.metric] for report in reports}
        raise ReportError(
            f"model {model.name!r}: no candidate has a finite {model.metric} on validation: "
            f"{values}"
        )
    return min(measured, key=lambda report: (sign * report.validation[model.metric], report.slot))


def refuse_mix(reports: Sequence[TrainingReport], release: str) -> None:
    """Raise ReportError when a candidate learnt from another release than `release`."""
    others = {r.candidate: r.release for r in reports if r.release != release}
    if others:
        raise ReportError(
            f"test rows are of release {release}, but {others} learnt from others: their training "
            "rows may stand among the test rows; train and compare on one release"
        )
