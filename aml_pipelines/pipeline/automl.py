"""What an AutoML job asks for, as its YAML states it, and the words that FLAML has for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.yaml_lines import Fields

CLASSIFICATION, REGRESSION, FORECASTING = "classification", "regression", "forecasting"
# Azure's metrics that FLAML optimizes, by task; the first is Azure's default.
METRICS: Mapping[str, Mapping[str, str]] = {
    CLASSIFICATION: {
        "auc_weighted": "roc_auc_ovr_weighted",
        "accuracy": "accuracy",
        "average_precision_score_weighted": "ap",
    },
    REGRESSION: {
        "normalized_root_mean_squared_error": "rmse",
        "normalized_mean_absolute_error": "mae",
        "r2_score": "r2",
    },
    FORECASTING: {
        "normalized_root_mean_squared_error": "rmse",
        "normalized_mean_absolute_error": "mae",
        "r2_score": "r2",
    },
}
# Azure's algorithms that FLAML has too.
LEARNERS: Mapping[str, str] = {
    "light_gbm": "lgbm",
    "xg_boost_classifier": "xgboost",
    "xg_boost_regressor": "xgboost",
    "random_forest": "rf",
    "extreme_random_trees": "extra_tree",
    "logistic_regression": "lrl1",
}
_CLASSIFIERS = ("xg_boost_classifier", "logistic_regression")
LIMITS = (
    *("timeout_minutes", "trial_timeout_minutes", "max_trials", "max_concurrent_trials"),
    *("max_cores_per_trial", "max_nodes", "enable_early_termination", "exit_score"),
)
DATA = ("training_data", "validation_data", "test_data")
FIELDS = (
    *("task", "primary_metric", "target_column_name", *DATA, "validation_data_size"),
    *("test_data_size", "n_cross_validations", "cv_split_column_names", "weight_column_name"),
    *("positive_label", "featurization", "training", "forecasting", "log_verbosity"),
)
_TRAINING = ("allowed_training_algorithms", "blocked_training_algorithms")
_FORECASTING = ("time_column_name", "forecast_horizon")


@dataclass(frozen=True)
class AutoML:
    """A search for the best model of a table's column; times are seconds."""

    task: str
    metric: str
    target: str
    dropped: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()
    max_trials: int | None = None
    timeout: int | None = None
    trial_timeout: int | None = None
    stops_early: bool = True
    validation_share: float | None = None
    folds: int | None = None
    weight: str = ""
    time_column: str = ""
    horizon: int = 1
    ignored: tuple[str, ...] = field(default=())


def read_automl(fields: Fields, name: str) -> AutoML:
    """Return the search of a job; report what it lacks, and what the stand-in cannot do."""
    task = fields.text("task").lower()
    says = f"AutoML job {name!r} has task {task!r}, which no stand-in runs"
    if not fields.check_word("task", task, METRICS, says):
        task = CLASSIFICATION
    target = fields.text("target_column_name")
    if not target:
        fields.problems.add(fields.place, f"AutoML job {name!r} has no target_column_name")
    limits, forecasting = fields.mapping("limits"), fields.mapping("forecasting")
    limits.only(LIMITS, "limits")
    return AutoML(
        task=task,
        metric=_metric(fields, task),
        target=target,
        dropped=_dropped(fields.mapping("featurization")),
        learners=_learners(fields.mapping("training"), task),
        max_trials=limits.whole("max_trials", minimum=1),
        timeout=_seconds(limits, "timeout_minutes"),
        trial_timeout=_seconds(limits, "trial_timeout_minutes"),
        stops_early=limits.flag("enable_early_termination", default=True),
        validation_share=_share(fields),
        folds=_folds(fields),
        weight=fields.text("weight_column_name"),
        time_column=_time_column(forecasting, task),
        horizon=_horizon(forecasting),
        ignored=_ignored(fields),
    )


def _metric(fields: Fields, task: str) -> str:
    known = METRICS[task]
    # AUC_weighted in YAML is AUCWeighted in a request.
    stated = fields.text("primary_metric") or next(iter(known))
    metric = next((name for name in known if _bare(name) == _bare(stated)), "")
    says = f"primary_metric is {stated!r}, which the stand-in does not optimize for {task}"
    is_known = fields.check_word("primary_metric", metric, known, says)
    return metric if is_known else next(iter(known))


def _dropped(featurization: Fields) -> tuple[str, ...]:
    kinds = featurization.mapping("column_name_and_types")
    ignored = [name for name in kinds.entries if kinds.text(name).lower() == "ignore"]
    return (*ignored, *featurization.texts("drop_columns"))


def _learners(training: Fields, task: str) -> tuple[str, ...]:
    """Return the learners that are asked for, of those that FLAML has; empty for its own choice."""
    allowed, blocked = (training.texts(name) for name in _TRAINING)
    if not allowed and not blocked:
        return ()
    ours = [name for name in LEARNERS if task == CLASSIFICATION or name not in _CLASSIFIERS]
    known = {_bare(name): LEARNERS[name] for name in ours}
    wanted = [known[_bare(name)] for name in allowed or ours if _bare(name) in known]
    excluded = {known.get(_bare(name)) for name in blocked}
    learners = tuple(dict.fromkeys(name for name in wanted if name not in excluded))
    if not learners:
        training.problems.add(
            training.place,
            f"the stand-in has none of the algorithms {', '.join(allowed) or 'that are left'}; "
            f"it has {', '.join(ours)}",
        )
    return learners


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def _seconds(limits: Fields, name: str) -> int | None:
    minutes = limits.whole(name, minimum=1)
    return None if minutes is None else minutes * 60


def _share(fields: Fields) -> float | None:
    share = fields.scalar("validation_data_size")
    return float(share) if isinstance(share, int | float) else None


def _folds(fields: Fields) -> int | None:
    is_auto = fields.text("n_cross_validations").lower() == "auto"
    return None if is_auto else fields.whole("n_cross_validations", minimum=2)


def _time_column(forecasting: Fields, task: str) -> str:
    column = forecasting.text("time_column_name")
    if task == FORECASTING and not column:
        forecasting.problems.add(forecasting.place, "forecasting has no time_column_name")
    if "time_series_id_column_names" in forecasting.entries:
        forecasting.problems.add(
            forecasting.place_of("time_series_id_column_names"),
            "the stand-in forecasts one series; run a job for each",
        )
    return column


def _horizon(forecasting: Fields) -> int:
    is_auto = forecasting.text("forecast_horizon").lower() == "auto"
    return (None if is_auto else forecasting.whole("forecast_horizon", minimum=1)) or 1


def _ignored(fields: Fields) -> tuple[str, ...]:
    """Return the settings that the stand-in does not carry out, which it says in its log."""
    training, forecasting = fields.mapping("training"), fields.mapping("forecasting")
    own = [name for name in ("cv_split_column_names", "test_data_size") if name in fields.entries]
    return (
        *own,
        *(f"limits.{name}" for name in fields.mapping("limits").entries if name == "max_nodes"),
        *(f"training.{name}" for name in training.entries if name not in _TRAINING),
        *(f"forecasting.{name}" for name in forecasting.entries if name not in _FORECASTING),
        *(
            f"featurization.{name}"
            for name in fields.mapping("featurization").entries
            if name not in ("mode", "column_name_and_types", "drop_columns")
        ),
    )
