"""Build the features of a dataset from silver, one row for each valid row, and update them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from pyspark.sql import functions as F
from pyspark.sql import types as T

from conf.column_type import DECIMAL, kind_of
from conf.columns import FEATURE_LINEAGE, ROW_ID
from spark_jobs import lake, step_state
from spark_jobs.broken_table import is_whole
from spark_jobs.feature_sets import DailyFeatureSet
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.receipt import TableReceipt, check_balance
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.row_changes import with_row_hash
from spark_jobs.session import fit_to_rows
from spark_jobs.step_state import StepState
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.dataset_column import Column
    from conf.dataset_learning import Label
    from spark_jobs.feature_sets import FeatureSet

FEATURE_SETS = "spark_jobs.feature_sets"
# What a label's expression yields, and as what the label is kept; the first that fits.
LABEL_TYPES: Mapping[type[T.DataType], str] = {
    T.StringType: "string",
    T.IntegralType: "long",
    T.NumericType: "double",
    T.BooleanType: "double",
    T.NullType: "double",
}


class FeatureSetError(ValueError):
    """A dataset lacks what its feature set needs."""


@naming_faults
@done_again_on_conflict
def build_features(
    spark: SparkSession, silver: Mapping[str, TableReceipt], contract: Dataset, *, lake_uri: str
) -> TableReceipt:
    """Bring the table of features up to date with exactly the versions of silver on its receipts.

    `silver` maps the dataset and those related to it to their valid rows. With a daily feature set,
    only days that changed rows can reach are built again. Raises ReceiptError when a join has lost
    or doubled a row.
    """
    facts = {"rules": fingerprint("build_features", contract)} | {
        name: version_of(receipt) for name, receipt in silver.items()
    }
    last = step_state.load(spark, lake_uri, "build_features", contract.name)
    if last and last.facts == facts:
        return last.tables["features"]
    step_state.refuse_earlier(last, facts, step="build_features", dataset=contract.name)
    uri = lake.table_uri(lake_uri, "gold", contract.name, "features")
    fit_to_rows(spark, sum(receipt.rows_out for receipt in silver.values()))
    tables = {name: lake.read_table(spark, receipt) for name, receipt in silver.items()}
    since = _first_changed_day(tables, silver, contract, last, facts)
    rows_in = silver[contract.name].rows_out
    features = _build(tables, uri, contract, since=since, rows_in=rows_in, facts=facts)
    step_state.save(
        spark, lake_uri, "build_features", contract.name, StepState(facts, {"features": features})
    )
    return features


def feature_rows(tables: Mapping[str, DataFrame], contract: Dataset) -> DataFrame:
    """Return the features of a dataset with its label and lineage.

    A dataset with joins has a module of its name in feature_sets; of any other, every column that
    its label is not computed from is a feature, a decimal as a double. A label is a text, a whole
    number or a double; a truth value is 1.0 or 0.0. Raises FeatureSetError for a feature set
    without a label, and for a label of another type.
    """
    valid = tables[contract.name]
    label = contract.label.name if contract.label else None
    if contract.label:
        valid = _with_label(valid, contract.label)
    kept = [*FEATURE_LINEAGE, *([label] if label else [])]
    feature_set = _feature_set(contract)
    if feature_set:
        if label is None:
            raise FeatureSetError(
                f"dataset {contract.name!r} has a feature set and no label; state 'label' in "
                f"conf/datasets/{contract.name}.yml"
            )
        rows = feature_set.build({**tables, contract.name: valid}, label=label, kept=kept)
    else:
        features = [c for c in contract.columns if c.name not in contract.label_columns]
        rows = valid.select(*(_feature(column) for column in features), *kept)
    return with_row_hash(rows, rows.columns)


def _feature(column: Column) -> SparkColumn:
    """Return a column as a feature: readers of published tables have no decimals."""
    value = F.col(column.name)
    is_decimal = kind_of(column.type) == DECIMAL
    return value.cast("double").alias(column.name) if is_decimal else value


def _with_label(valid: DataFrame, label: Label) -> DataFrame:
    labelled = valid.withColumn(label.name, F.expr(label.expression))
    found = labelled.schema[label.name].dataType
    kept = next((name for kind, name in LABEL_TYPES.items() if isinstance(found, kind)), None)
    if kept is None:
        raise FeatureSetError(
            f"label {label.name!r} ({label.expression}) is a {found.simpleString()}; it is a text, "
            "a number or a condition"
        )
    return labelled.withColumn(label.name, F.col(f"`{label.name}`").cast(kept))


def _feature_set(contract: Dataset) -> FeatureSet | None:
    name = f"{FEATURE_SETS}.{contract.name}"
    return cast("FeatureSet", import_module(name)) if find_spec(name) else None


def daily_feature_set(contract: Dataset) -> DailyFeatureSet | None:
    """Return a dataset's feature set if it is one that states the day of each row."""
    feature_set = _feature_set(contract)
    return feature_set if isinstance(feature_set, DailyFeatureSet) else None


def _build(
    tables: Mapping[str, DataFrame],
    uri: str,
    contract: Dataset,
    *,
    since: dt.date | None,
    rows_in: int,
    facts: Mapping[str, str],
) -> TableReceipt:
    """Build, count and write all features, or those from the day `since` on."""
    valid, daily = tables[contract.name], daily_feature_set(contract)
    if since and daily:
        day = daily.day_of(valid)
        visible = valid.where(day >= F.date_sub(F.lit(since), daily.HISTORY_DAYS))
        expected = valid.where(day >= F.lit(since)).count()
        rows = feature_rows({**tables, contract.name: visible}, contract)
        rows = rows.where(F.col(daily.DAY) >= F.lit(since)).persist()
    else:
        expected = rows_in
        rows = feature_rows(tables, contract).persist()  # counted, compared and written
    try:
        what = f"features of {contract.name!r}"
        check_balance(what, rows_in=expected, rows_out=rows.count(), set_aside={})
        if since and daily:
            stored = rows.sparkSession.read.format("delta").load(uri)
            reached = stored.where(F.col(daily.DAY) >= F.lit(since)).select(*contract.key)
            among = reached.unionByName(rows.select(*contract.key))
            state = lake.sync_rows(rows, uri, key=contract.key, among=among, record=facts)
        else:
            state = lake.sync_table(rows, uri, key=contract.key, record=facts)
        written = lake.receipt_at(rows.sparkSession, state, rows_in=rows_in)
        check_balance(what, rows_in=rows_in, rows_out=written.rows_out, set_aside={})
        return written
    finally:
        rows.unpersist()


def _first_changed_day(
    tables: Mapping[str, DataFrame],
    silver: Mapping[str, TableReceipt],
    contract: Dataset,
    last: StepState | None,
    facts: Mapping[str, str],
) -> dt.date | None:
    """Return the first day whose features may differ from the last ones; None means all days."""
    daily = daily_feature_set(contract)
    others = {name: version for name, version in facts.items() if name != contract.name}
    if last is None or daily is None:
        return None
    if {name: last.facts.get(name) for name in others} != others:
        return None
    table_id, _, version = last.facts[contract.name].partition("@")
    receipt = silver[contract.name]
    if table_id != receipt.id or int(version) > receipt.version:
        return None
    now = tables[contract.name]
    if not is_whole(now.sparkSession, receipt.uri, int(version)):
        return None
    before = lake.read_version(now.sparkSession, receipt.uri, int(version))
    changed = now.join(before.select(ROW_ID), on=[ROW_ID], how="left_anti").unionByName(
        before.join(now.select(ROW_ID), on=[ROW_ID], how="left_anti")
    )
    first: dt.date | None = changed.agg(F.min(daily.day_of(changed))).collect()[0][0]
    return first
