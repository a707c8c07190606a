"""What is watched of a dataset and its model, from their files and the table of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.columns import CLASS, SCORE
from conf.profile_columns import DAY, OUTCOMES, ROW_COUNT
from spark_jobs.feature_rows import day_column
from spark_jobs.monitoring.watched_rows import WatchedModel

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset
    from conf.model import Model
    from conf.monitor import Monitor

RESERVED = frozenset({SCORE, CLASS, ROW_COUNT, DAY, *OUTCOMES})


class WatchError(ValueError):
    """A dataset lacks what is watched of it."""


def watch(
    features: DataFrame, contract: Dataset, model: Model, monitor: Monitor, *, version: str
) -> WatchedModel:
    """Return what is watched of a model's dataset, without its slices.

    Raises WatchError for a dataset without a label, with a column of a reserved name, or whose
    table of features lacks one of the model's.
    """
    if contract.label is None:
        raise WatchError(
            f"dataset {contract.name!r} states no label; model {model.name!r} cannot be watched: "
            f"state 'label' in conf/datasets/{contract.name}.yml"
        )
    watched = WatchedModel(
        model,
        version,
        contract.label.name,
        day_column(features, contract),
        monitor.late_after_days,
        {},
    )
    taken = sorted(RESERVED & set(watched.kinds))
    if taken:
        raise WatchError(
            f"dataset {contract.name!r}: {taken} are names that profiles need themselves; rename "
            f"them in conf/datasets/{contract.name}.yml"
        )
    missing = sorted(set(watched.kinds) - set(features.columns))
    if missing:
        raise WatchError(
            f"model {model.name!r}: the table of features has no columns {missing}; run the data "
            "pipeline again: python -m aml_pipelines run data"
        )
    return watched


def slice_columns(model: Model, monitor: Monitor) -> list[str]:
    """Return the columns that are sliced by: those of the monitor, or else of the model.

    Those of numbers have too many values. Raises WatchError for a slice that is no text.
    """
    if monitor.slices is None:
        return [name for name in model.slices if name in model.categorical]
    unknown = sorted(set(monitor.slices) - set(model.categorical))
    if unknown:
        raise WatchError(
            f"conf/monitors/{monitor.dataset}.yml: slices names {unknown}; the categorical "
            f"features of model {model.name!r} are {sorted(model.categorical)}"
        )
    return list(monitor.slices)
