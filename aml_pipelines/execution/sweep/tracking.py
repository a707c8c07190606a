"""The MLflow runs of a sweep's trials, below the run of the sweep."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient

RUN_ID = "MLFLOW_RUN_ID"
_EXPERIMENT = "MLFLOW_EXPERIMENT_NAME"
_PARENT, _NAME = "mlflow.parentRunId", "mlflow.runName"


class TrialRuns:
    """The runs of the trials of one sweep, which has the variables `environment`."""

    def __init__(self, environment: Mapping[str, str], name: str) -> None:
        from mlflow import MlflowClient  # noqa: PLC0415 # 2 s, that only a sweep should pay

        self._client: MlflowClient = MlflowClient(environment["MLFLOW_TRACKING_URI"])
        self._experiment = self._experiment_id(environment[_EXPERIMENT])
        # A node whose job is its run has it already.
        self._is_own = RUN_ID not in environment
        self._parent = environment.get(RUN_ID) or self._create(name, {})

    def start(self, name: str, values: Mapping[str, object]) -> str:
        """Create the run of a trial; return its id."""
        return self._create(name, {_PARENT: self._parent, "hyperparameters": json.dumps(values)})

    def reports(self, run: str, metric: str) -> list[float]:
        """Return what a run has logged for a metric, in the order of its steps."""
        logged = self._client.get_metric_history(run, metric)
        in_order = sorted(logged, key=lambda report: (report.step, report.timestamp))
        # Not a number is neither better nor worse than any.
        return [float(report.value) for report in in_order if not math.isnan(report.value)]

    def end(self, run: str, status: str) -> None:
        """Close a run that its own process may have left open; `status` is MLflow's word."""
        self._client.set_terminated(run, status)

    def end_sweep(self, status: str, tags: Mapping[str, str]) -> None:
        """Tag the run of the sweep, and close it if it is this object's own."""
        for name, value in tags.items():
            self._client.set_tag(self._parent, name, value)
        if self._is_own:
            self._client.set_terminated(self._parent, status)

    def _create(self, name: str, tags: Mapping[str, str]) -> str:
        run = self._client.create_run(self._experiment, tags={_NAME: name, **tags})
        return str(run.info.run_id)

    def _experiment_id(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))
