"""Build the features of a dataset from silver, one row for each valid row, and update them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_jobs import lake, step_state
from spark_jobs.feature_changes import changed_rows, part_of_days, part_of_rows
from spark_jobs.feature_rows import feature_rows, feature_set_of
from spark_jobs.feature_sets import DailyFeatureSet
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.receipt import TableReceipt, check_balance
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.session import fit_to_rows, persisted
from spark_jobs.step_state import StepState
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.feature_changes import FeaturePart
    from spark_jobs.version_changes import VersionChanges


@naming_faults
@done_again_on_conflict
def build_features(
    spark: SparkSession, silver: Mapping[str, TableReceipt], contract: Dataset, *, lake_uri: str
) -> TableReceipt:
    """Bring the table of features up to date with exactly the versions of silver on its receipts.

    `silver` maps the dataset and those related to it to their valid rows. Where only rows of the
    dataset differ from those of the last time, only they are built, or with a daily feature set the
    days that they can reach. Raises ReceiptError when a join has lost or doubled a row.
    """
    facts = {"rules": fingerprint("build_features", contract)} | {
        name: version_of(receipt) for name, receipt in silver.items()
    }
    last = step_state.load(spark, lake_uri, "build_features", contract.name)
    if last and last.facts == facts:
        return last.tables["features"]
    uris = {name: receipt.uri for name, receipt in silver.items()}
    step_state.refuse_earlier(
        spark, last, facts, uris, step="build_features", dataset=contract.name
    )
    uri = lake.table_uri(lake_uri, "gold", contract.name, "features")
    fit_to_rows(spark, sum(receipt.rows_out for receipt in silver.values()))
    tables = {name: lake.read_table(spark, receipt) for name, receipt in silver.items()}
    changes = changed_rows(spark, silver, contract, last, facts)
    part = None
    if last and changes:
        stored = lake.read_version(spark, uri, last.tables["features"].version)
        part = _changed_part(changes, tables, stored, contract)
    rows_in = silver[contract.name].rows_out
    features = _write(tables, uri, contract, part=part, rows_in=rows_in, facts=facts)
    step_state.save(
        spark, lake_uri, "build_features", contract.name, StepState(facts, {"features": features})
    )
    return features


def _changed_part(
    changes: VersionChanges, tables: Mapping[str, DataFrame], stored: DataFrame, contract: Dataset
) -> FeaturePart | None:
    """Return what changed rows can reach; None if it is not known of a feature set.

    `stored` are the features of the last time.
    """
    feature_set = feature_set_of(contract)
    if feature_set is None:
        return part_of_rows(changes, contract)
    if isinstance(feature_set, DailyFeatureSet):
        return part_of_days(changes, tables, stored, contract, feature_set)
    return None


def _write(
    tables: Mapping[str, DataFrame],
    uri: str,
    contract: Dataset,
    *,
    part: FeaturePart | None,
    rows_in: int,
    facts: Mapping[str, str],
) -> TableReceipt:
    """Build, count and write all features, or a part of them."""
    made = part.rows if part else feature_rows(tables, contract)
    with persisted(made) as rows:  # counted and written
        what = f"features of {contract.name!r}"
        expected = part.expected if part else rows_in
        check_balance(what, rows_in=expected, rows_out=rows.count(), set_aside={})
        key, spark = contract.key, rows.sparkSession
        if part:
            keys = part.among.unionByName(rows.select(*key))
            state = lake.sync_rows(rows, uri, key=key, among=keys, record=facts, within=part.within)
        else:
            state = lake.sync_table(rows, uri, key=key, record=facts)
        written = lake.receipt_at(spark, state, rows_in=rows_in)
        check_balance(what, rows_in=rows_in, rows_out=written.rows_out, set_aside={})
        return written
