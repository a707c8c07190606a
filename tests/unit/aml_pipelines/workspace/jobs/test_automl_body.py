"""An AutoML job means the same as a request and as a file."""

from __future__ import annotations

from aml_pipelines.workspace.jobs.automl_body import automl_fields


def test_a_request_has_the_fields_of_the_file_that_it_was_made_of() -> None:
    details = {
        "taskType": "Forecasting",
        "targetColumnName": "sales",
        "primaryMetric": "R2Score",
        "trainingData": {"uri": "azureml:sales:1", "jobInputType": "mltable"},
        "nCrossValidations": {"mode": "Custom", "value": 3},
        "featurizationSettings": {"mode": "Custom", "columnNameAndTypes": {"idKey": "Ignore"}},
        "limitSettings": {"maxTrials": 4, "timeout": "PT10M", "sweepTrials": 0},
        "trainingSettings": {"allowedTrainingAlgorithms": ["LightGBM"]},
        "forecastingSettings": {
            "timeColumnName": "day",
            "forecastHorizon": {"mode": "Custom", "value": 7},
            "targetLags": {"mode": "Auto"},
        },
    }
    assert automl_fields({"taskDetails": details}) == {
        "task": "forecasting",
        "target_column_name": "sales",
        "primary_metric": "R2Score",
        "training_data": {"type": "mltable", "path": "azureml:sales:1"},
        "n_cross_validations": 3,
        "featurization": {"mode": "Custom", "column_name_and_types": {"idKey": "Ignore"}},
        "limits": {"max_trials": 4, "timeout_minutes": 10},
        "training": {"allowed_training_algorithms": ["LightGBM"]},
        "forecasting": {
            "time_column_name": "day",
            "forecast_horizon": 7,
            "target_lags": "auto",
        },
    }
