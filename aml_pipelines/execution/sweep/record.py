"""trials.json: the trials of a sweep, whole at every moment, beside the node's log."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from aml_pipelines.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

TRIALS = "trials.json"
TrialStatus = Literal["Running", "Completed", "Failed", "Canceled"]


@dataclass
class TrialRecord:
    """One trial: its values, what it has reported of the metric, and where its files are.

    `name` is that of its job, and of its run in MLflow.
    """

    number: int
    name: str
    values: Mapping[str, object]
    outputs: Mapping[str, str]
    log: str
    status: TrialStatus = "Running"
    reports: list[float] = field(default_factory=list)
    seconds: float = 0.0
    error: str = ""


def write_trials(folder: Path, trials: Iterable[TrialRecord]) -> None:
    write_json(folder / TRIALS, {"trials": [asdict(trial) for trial in trials]})


def read_trials(folder: Path) -> list[TrialRecord]:
    """Return the trials of the node with this folder; none where it is no sweep."""
    file = folder / TRIALS
    return [TrialRecord(**trial) for trial in read_json(file)["trials"]] if file.is_file() else []
