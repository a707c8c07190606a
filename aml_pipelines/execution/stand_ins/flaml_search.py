"""Searches for the best model of an MLTable with FLAML; runs by itself, with a file of settings."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import mltable
import numpy as np

if TYPE_CHECKING:
    import pandas as pd

STAND_IN = f"flaml {version('flaml')}"
TAGS = {"stand_in": STAND_IN, "stands_in_for": "Azure Machine Learning AutoML"}
_LOG = "trials.log"
# With a limit of one, FLAML fits a model and scores none.
_FEWEST_TRIALS = 2


def main(file: str) -> None:
    settings = json.loads(Path(file).read_text(encoding="utf-8"))
    tell(f"{STAND_IN} searches in place of Azure's AutoML, which is not public")
    if settings["max_trials"] and settings["max_trials"] < _FEWEST_TRIALS:
        settings["max_trials"] = _FEWEST_TRIALS
        tell(f"limits.max_trials is {_FEWEST_TRIALS} here, the fewest that flaml scores")
    if settings["ignored"]:
        tell(f"not carried out: {', '.join(settings['ignored'])}")
    rows = read_rows(settings, "training_data")
    if rows is None or settings["target"] not in rows:
        there_are = ", ".join(rows if rows is not None else ())
        sys.exit(f"the table has no column {settings['target']!r}; it has {there_are}")
    held_out = read_rows(settings, "validation_data")
    # By name: it is in the environment of the node, and need not be in this project's.
    search: Any = import_module("flaml").AutoML()
    search.fit(**arguments(settings, rows, held_out))
    with mlflow.start_run() as run:
        mlflow.set_tags(TAGS)
        best, score = log_trials(settings, run.info.run_id, rows)
        mlflow.log_metric(settings["metric"], score)
    save(search, settings)
    told = {"best_child_run_id": best, "score": str(score), **TAGS}
    Path(settings["told"]).write_text(json.dumps(told), encoding="utf-8")
    tell(f"the best is {search.best_estimator}: {settings['metric']} {score}")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def read_rows(settings: dict[str, Any], name: str) -> pd.DataFrame | None:
    """Return a table without the columns that are ignored; None where there is no such input."""
    path = settings["data"].get(name)
    if not path:
        return None
    rows = mltable.load(path).to_pandas_dataframe()
    return rows.drop(columns=[column for column in settings["dropped"] if column in rows])


def arguments(
    settings: dict[str, Any], rows: pd.DataFrame, held_out: pd.DataFrame | None
) -> dict[str, Any]:
    """Return FLAML's arguments for the limits, the metric, and the data of a job."""
    shared = {
        "metric": settings["flaml_metric"],
        "max_iter": settings["max_trials"],
        "time_budget": settings["timeout"] or (-1 if settings["max_trials"] else 600),
        "train_time_limit": settings["trial_timeout"],
        "early_stop": settings["stops_early"],
        "estimator_list": settings["learners"] or ["lgbm", "rf", "extra_tree"],
        "log_file_name": _LOG,
        "log_type": "all",
        "seed": 1,
        "verbose": 1,
    }
    if settings["task"] == "forecasting":
        columns = [
            settings["time_column"],
            *(name for name in rows if name != settings["time_column"]),
        ]
        table = rows[columns].sort_values(settings["time_column"])
        ours = {"task": "ts_forecast", "dataframe": table, "label": settings["target"]}
        return {**shared, **ours, "period": settings["horizon"], "eval_method": "holdout"}
    features, target = parted(rows, settings)
    ours = {"task": settings["task"], "X_train": features, "y_train": target}
    if settings["weight"]:
        ours["sample_weight"] = rows[settings["weight"]]
    if held_out is not None:
        ours["X_val"], ours["y_val"] = parted(held_out, settings)
    elif settings["folds"]:
        ours |= {"eval_method": "cv", "n_splits": settings["folds"]}
    elif settings["validation_share"]:
        ours |= {"eval_method": "holdout", "split_ratio": settings["validation_share"]}
    if settings["task"] == "classification" and target.nunique() == 2:  # noqa: PLR2004 # a pair
        shared["metric"] = shared["metric"].replace("roc_auc_ovr_weighted", "roc_auc")
    return {**shared, **ours}


def parted(rows: pd.DataFrame, settings: dict[str, Any]) -> tuple[pd.DataFrame, pd.Series]:
    """Return the features and the target of a table."""
    own = [settings["target"], *([settings["weight"]] if settings["weight"] else [])]
    return rows.drop(columns=own), rows[settings["target"]]


def log_trials(settings: dict[str, Any], parent: str, rows: pd.DataFrame) -> tuple[str, float]:
    """Log each trial as a run of its own; return the id and the score of the best."""
    client = mlflow.MlflowClient()
    experiment = client.get_run(parent).info.experiment_id
    scored = []
    for line in Path(_LOG).read_text(encoding="utf-8").splitlines():
        trial = json.loads(line)
        if "validation_loss" not in trial:
            continue
        run = client.create_run(
            experiment,
            run_name=f"{trial['learner']}_{trial['record_id']}",
            tags={**TAGS, "mlflow.parentRunId": parent},
        )
        score = score_of(trial["validation_loss"], settings, rows)
        client.log_metric(run.info.run_id, settings["metric"], score)
        for name, value in {"learner": trial["learner"], **trial["config"]}.items():
            client.log_param(run.info.run_id, name, value)
        client.set_terminated(run.info.run_id)
        scored.append((trial["validation_loss"], run.info.run_id, score))
    if not scored:
        sys.exit("no trial completed within 'limits', so there is no best model; widen them")
    _, best, score = min(scored)
    return best, score


def score_of(loss: float, settings: dict[str, Any], rows: pd.DataFrame) -> float:
    """Return Azure's metric for FLAML's loss: errors are divided by the target's range."""
    if settings["metric"].startswith("normalized_"):
        target = rows[settings["target"]].astype(float)
        return float(loss / np.ptp(target.to_numpy()))
    return float(1 - loss)


def save(search: object, settings: dict[str, Any]) -> None:
    """Save the best model where Azure's AutoML does, and as the output `best_model`, if any."""
    places = ["outputs/mlflow-model"]
    places += [path for name, path in settings["outputs"].items() if name == "best_model"]
    for place in places:
        mlflow.sklearn.save_model(
            search,
            place,
            metadata=TAGS,
            pip_requirements=[f"flaml=={version('flaml')}", "lightgbm", "scikit-learn", "pandas"],
        )


if __name__ == "__main__":
    main(sys.argv[1])
