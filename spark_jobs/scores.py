"""Write scores back exactly once: each row of a batch is scored once or rejected with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import ROW_ID
from spark_jobs import lake, step_state
from spark_jobs.broken_table import refuse_broken
from spark_jobs.delta_files import rows_if_told
from spark_jobs.delta_log import TableState, first_record, table_exists, table_state
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.held_scores import batch_id_of, held_uri, hold_scores, note_held, reason_to_hold
from spark_jobs.monitoring.incident_log import read_events
from spark_jobs.receipt import Counts, TableReceipt, check_balance, table_receipt
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.row_changes import schema_hash
from spark_jobs.score_rows import (
    MODEL,
    ScoreRun,
    keep_first_write,
    lost_scores,
    other_class_type,
    past_refusals,
    refused_rows,
    score_rows,
)
from spark_jobs.session import fit_to_rows, persisted
from spark_jobs.step_state import StepState
from spark_jobs.store_faults import naming_faults
from spark_jobs.within import among_keys, anywhere

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.delta_log import Record
    from spark_jobs.within import Condition


class ScoreError(RuntimeError):
    """The scores are not those of the batch: a row has none, two, or is not of the batch."""


@naming_faults
@done_again_on_conflict
def write_scores(
    spark: SparkSession,
    batch: TableReceipt,
    rejected: TableReceipt,
    scores: DataFrame,
    contract: Dataset,
    *,
    run: ScoreRun,
    lake_uri: str,
) -> dict[str, TableReceipt]:
    """Merge the scores of one batch into `scores` and `rejected_scores`, or hold them back.

    Held are they while an incident of the level `hold` is open of the model, or a batch before them
    is not released; they are in `held_scores` then.

    Takes ROW_ID, SCORE, CLASS and maybe PROBABILITIES, one row per row of the batch. A row that has
    its score from this model version keeps it, with the run and time that first wrote it; a row
    whose features differ is scored anew; one that is rejected now loses the score it had, and a row
    that was rejected before is no longer once its entity has a score. Raises ScoreError, having
    written nothing, when scores and batch differ or the table's classes are of another type, and
    ReceiptError when the tables do not add up.
    """
    selected = first_record(spark, batch.uri)
    facts = {
        "rules": fingerprint("write_scores", contract),
        "batch": version_of(batch),
        "rejected": version_of(rejected),
        "model": f"{run.model_name}:{run.model_version}",
        "features": str(selected.get("features", "")),
    }
    last = step_state.load(spark, lake_uri, "write_scores", contract.name)
    if last and last.facts == facts:
        return dict(last.tables)
    uri = lake.table_uri(lake_uri, "gold", contract.name, "scores")
    _refuse_overtaken(spark, uri, facts, contract, lake_uri=lake_uri)
    stored = rows_if_told(spark, uri)
    fit_to_rows(spark, None if stored is None else stored + batch.rows_in)
    inputs = lake.read_table(spark, batch)
    with persisted(scores):
        check_scores(inputs, scores)
        _check_class_type(scores, uri)
        rows = {
            "scores": score_rows(inputs, scores, contract, run=run),
            "rejected_scores": refused_rows(
                lake.read_table(spark, rejected), inputs, scores, contract, run=run
            ),
        }
        record = {**facts, "run_id": run.run_id}
        known = read_events(spark, contract.name, lake_uri=lake_uri)
        reason = reason_to_hold(known.events, batch_id_of(batch), run) if batch.rows_in else None
        if reason:
            _check_class_type(scores, held_uri(contract, lake_uri))
            held = hold_scores(rows, batch, contract, run=run, lake_uri=lake_uri, record=record)
            note_held(spark, known, reason, batch_id_of(batch), run)
            return held
        tables = merge_scores(
            rows,
            contract,
            rows_in=batch.rows_in,
            lake_uri=lake_uri,
            record=record,
            files=_files_of(selected),
        )
    step_state.save(spark, lake_uri, "write_scores", contract.name, StepState(facts, tables))
    return tables


def _files_of(selected: Record) -> Sequence[str]:
    """Return the ingestions that a batch has whole; none of one of past days."""
    stated = selected.get("ingestion_ids", ())
    return [str(each) for each in stated] if isinstance(stated, list) else ()


def _refuse_overtaken(
    spark: SparkSession, uri: str, facts: Mapping[str, str], contract: Dataset, *, lake_uri: str
) -> None:
    """Raise LakeError where there are scores of a batch from later features than this one's.

    A row that was corrected between the two would get the score of what it was before.
    """
    if table_exists(spark, uri):
        record = table_state(spark, uri).record
        last = StepState({name: str(fact) for name, fact in record.items()}, {})
        made_from = {"features": lake.table_uri(lake_uri, "gold", contract.name, "features")}
        step_state.refuse_earlier(
            spark, last, facts, made_from, step="write_scores", dataset=contract.name
        )


def merge_scores(
    rows: Mapping[str, DataFrame],
    contract: Dataset,
    *,
    rows_in: int,
    lake_uri: str,
    record: Record,
    files: Sequence[str] = (),
) -> dict[str, TableReceipt]:
    """Bring both tables up to date with these rows, and count the rows that they really hold.

    `rows` has those of `scores` and of `rejected_scores`, `rows_in` in all; `files` are the
    ingestions all of whose rows these are. Raises ReceiptError when the tables do not add up.
    """
    scored, refused = rows["scores"], rows["rejected_scores"]
    spark = scored.sparkSession
    uris = {name: lake.table_uri(lake_uri, "gold", contract.name, name) for name in rows}
    keys = {"scores": [*contract.key, *MODEL], "rejected_scores": [ROW_ID, *MODEL]}
    # The keys of refused rows may not have been readable.
    within = {"scores": among_keys(scored, contract.key), "rejected_scores": anywhere}
    refuse_broken(spark, uris.values())
    # A row that was rejected before and is scored now must not be in both tables.
    lake.withdraw(scored, uris["rejected_scores"], key=keys["rejected_scores"], record=record)
    if table_exists(spark, uris["scores"]):
        stored = spark.read.format("delta").load(uris["scores"])
        lost = lost_scores(stored, refused, scored, key=keys["scores"])
        lake.withdraw(lost, uris["scores"], key=keys["scores"], record=record)
        of_batch = stored.where(within["scores"](""))
        scored = keep_first_write(scored, of_batch, key=keys["scores"])
    states = {
        name: lake.upsert_table(
            part, uris[name], key=keys[name], record=record, within=within[name]
        )
        for name, part in (("scores", scored), ("rejected_scores", refused))
    }
    stored = spark.read.format("delta").load(uris["rejected_scores"])
    past = past_refusals(stored, refused, scored, key=keys["scores"], files=files)
    lake.withdraw(past, uris["rejected_scores"], key=keys["rejected_scores"], record=record)
    kept = {name: _rows_of(rows[name], states[name], keys[name], within[name]) for name in rows}
    check_balance(
        f"scores of {contract.name!r}",
        rows_in=rows_in,
        rows_out=kept["scores"],
        set_aside={"rejected": kept["rejected_scores"]},
    )
    elsewhere = {
        "scores": {"rejected": kept["rejected_scores"]},
        "rejected_scores": {"scored": kept["scores"]},
    }
    return {
        name: _receipt(spark, states[name], Counts(rows_in, kept[name], elsewhere[name]))
        for name in rows
    }


def check_scores(inputs: DataFrame, scores: DataFrame) -> None:
    """Raise ScoreError unless each row of the batch has one score, and no other row has any."""
    score_counts = scores.groupBy(ROW_ID).agg(F.count("*").alias("times"))
    counts = (
        inputs.select(ROW_ID, F.lit(1).alias("in_batch"))
        .join(score_counts, on=[ROW_ID], how="full")
        .agg(
            F.count(F.when(F.col("times").isNull(), 1)).alias("missing"),
            F.count(F.when(F.col("times") > 1, 1)).alias("doubled"),
            F.count(F.when(F.col("in_batch").isNull(), 1)).alias("unknown"),
        )
        .collect()[0]
    )
    if any(counts):
        raise ScoreError(
            f"scores differ from their batch: {counts.missing} rows have no score, "
            f"{counts.doubled} have several, {counts.unknown} are not of the batch; nothing was "
            "written; run the scoring step again"
        )


def _check_class_type(scores: DataFrame, uri: str) -> None:
    """Raise ScoreError where the table has whole numbers for classes and these are texts, or so."""
    spark = scores.sparkSession
    if not table_exists(spark, uri):
        return
    other = other_class_type(scores, spark.read.format("delta").load(uri))
    if other:
        raise ScoreError(
            f"{uri}: its classes are of type {other}, and the model's are not: the label has "
            "become another; move that table away, or score under another dataset's name"
        )


def _rows_of(rows: DataFrame, table: TableState, key: Sequence[str], within: Condition) -> int:
    """Count how many of these rows the written table really has."""
    stored = lake.read_version(rows.sparkSession, table.uri, table.version).where(within(""))
    return stored.join(rows.select(*key), on=list(key), how="left_semi").count()


def _receipt(spark: SparkSession, table: TableState, counts: Counts) -> TableReceipt:
    schema = schema_hash(lake.read_version(spark, table.uri, table.version))
    return table_receipt(table, counts, schema_hash=schema)
