"""Write scores back exactly once: each row of a batch is scored once or rejected with a reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import CLASS, INPUT_HASH, REASON, ROW_HASH, ROW_ID, SCORE
from spark_jobs import lake, step_state
from spark_jobs.delta_log import TableState, table_exists
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.receipt import Counts, TableReceipt, check_balance
from spark_jobs.row_changes import schema_hash, with_row_hash
from spark_jobs.step_state import StepState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.delta_log import Record

MODEL = ("model_name", "model_version")
FIRST_WRITE = (SCORE, CLASS, "data_version", "run_id", "scored_as_of")
NO_SCORE = "model_gave_no_score"


class ScoreError(RuntimeError):
    """The scores are not those of the batch: a row has none, two, or is not of the batch."""


@dataclass(frozen=True)
class ScoreRun:
    """The columns beside every score: the model, the version of its data, the run and its time."""

    model_name: str
    model_version: str
    data_version: str
    run_id: str
    scored_as_of: str | None


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
    """Merge the scores of one batch into the tables `scores` and `rejected_scores`.

    Takes ROW_ID, SCORE and CLASS, one row per row of the batch. A row that has its score from this
    model version keeps it, with the run and time that first wrote it; a row whose features differ
    is scored anew; one that is rejected now loses the score it had, and a row that was rejected
    before is no longer once its entity has a score. Raises ScoreError, having
    written nothing, when scores and batch differ, and ReceiptError when the tables do not add up.
    """
    facts = {
        "rules": fingerprint("write_scores", contract),
        "batch": version_of(batch),
        "rejected": version_of(rejected),
        "model": f"{run.model_name}:{run.model_version}",
    }
    last = step_state.load(spark, lake_uri, "write_scores", contract.name)
    if last and last.facts == facts:
        return dict(last.tables)
    inputs, scores = lake.read_table(spark, batch), scores.persist()
    check_scores(inputs, scores)
    rows = {
        "scores": score_rows(inputs, scores, contract, run=run),
        "rejected_scores": refused_rows(
            lake.read_table(spark, rejected), inputs, scores, contract, run=run
        ),
    }
    tables = _merge(
        rows, batch, contract, lake_uri=lake_uri, record={**facts, "run_id": run.run_id}
    )
    step_state.save(spark, lake_uri, "write_scores", contract.name, StepState(facts, tables))
    return tables


def _merge(
    rows: Mapping[str, DataFrame],
    batch: TableReceipt,
    contract: Dataset,
    *,
    lake_uri: str,
    record: Record,
) -> dict[str, TableReceipt]:
    """Bring both tables up to date with these rows, and count the rows that they really hold."""
    scored, refused = rows["scores"], rows["rejected_scores"]
    spark = scored.sparkSession
    uris = {name: lake.table_uri(lake_uri, "gold", contract.name, name) for name in rows}
    keys = {"scores": [*contract.key, *MODEL], "rejected_scores": [ROW_ID, *MODEL]}
    # A row that was rejected before and is scored now must not be in both tables.
    lake.withdraw(scored, uris["rejected_scores"], key=keys["rejected_scores"], record=record)
    if table_exists(spark, uris["scores"]):
        stored = spark.read.format("delta").load(uris["scores"])
        lost = lost_scores(stored, refused, scored, key=keys["scores"])
        lake.withdraw(lost, uris["scores"], key=keys["scores"], record=record)
        scored = keep_first_write(scored, stored, key=keys["scores"])
    states = {
        name: lake.upsert_table(part, uris[name], key=keys[name], record=record)
        for name, part in (("scores", scored), ("rejected_scores", refused))
    }
    stored = spark.read.format("delta").load(uris["rejected_scores"])
    past = past_refusals(stored, refused, scored, key=keys["scores"])
    lake.withdraw(past, uris["rejected_scores"], key=keys["rejected_scores"], record=record)
    kept = {name: _rows_of(rows[name], states[name], key=keys[name]) for name in rows}
    check_balance(
        f"scores of {contract.name!r}",
        rows_in=batch.rows_in,
        rows_out=kept["scores"],
        set_aside={"rejected": kept["rejected_scores"]},
    )
    elsewhere = {
        "scores": {"rejected": kept["rejected_scores"]},
        "rejected_scores": {"scored": kept["scores"]},
    }
    return {
        name: _receipt(spark, states[name], Counts(batch.rows_in, kept[name], elsewhere[name]))
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


def score_rows(
    inputs: DataFrame, scores: DataFrame, contract: Dataset, *, run: ScoreRun
) -> DataFrame:
    """Return the rows of the table `scores`: key, lineage, score, class, model, data, run, time."""
    has_score = F.col(SCORE).isNotNull() & ~F.isnan(SCORE)
    rows = inputs.join(scores.where(has_score), on=[ROW_ID], how="inner").select(
        *contract.key,
        ROW_ID,
        F.col(SCORE).cast("double").alias(SCORE),
        F.col(CLASS).cast("int").alias(CLASS),
        *_facts_of(run),
        F.col(ROW_HASH).alias(INPUT_HASH),
    )
    return with_row_hash(rows, [INPUT_HASH, ROW_ID])


def refused_rows(
    rejected: DataFrame,
    inputs: DataFrame,
    scores: DataFrame,
    contract: Dataset,
    *,
    run: ScoreRun,
) -> DataFrame:
    """Return the rows of `rejected_scores`: set aside before scoring, or without a score.

    Each has its key, where that could be read.
    """
    gave_none = F.col(SCORE).isNull() | F.isnan(SCORE)
    unscored = inputs.join(scores.where(gave_none), on=[ROW_ID], how="left_semi")
    told = (*contract.key, ROW_ID, REASON)
    rows = rejected.select(*told).unionByName(
        unscored.withColumn(REASON, F.lit(NO_SCORE)).select(*told)
    )
    return with_row_hash(rows.select("*", *_facts_of(run)), [*contract.key, REASON])


def past_refusals(
    stored: DataFrame, refused: DataFrame, scored: DataFrame, *, key: Sequence[str]
) -> DataFrame:
    """Return stored refusals of other batches whose entity has a score by now.

    Of those that an earlier version of this code stored, nobody knows the key.
    """
    keyed = stored.unionByName(refused.select(*key).limit(0), allowMissingColumns=True)
    of_others = keyed.join(refused.select(ROW_ID, *MODEL), on=[ROW_ID, *MODEL], how="left_anti")
    return of_others.join(scored.select(*key), on=list(key), how="left_semi")


def lost_scores(
    stored: DataFrame, refused: DataFrame, scored: DataFrame, *, key: Sequence[str]
) -> DataFrame:
    """Return stored scores whose row is refused now, unless a corrected row has the same key.

    That score is replaced: withdrawn first, the row would have none until the new one is written.
    """
    is_refused = stored.join(refused.select(ROW_ID, *MODEL), on=[ROW_ID, *MODEL], how="left_semi")
    return is_refused.join(scored.select(*key), on=list(key), how="left_anti")


def keep_first_write(scored: DataFrame, stored: DataFrame, *, key: Sequence[str]) -> DataFrame:
    """Keep score, run and time of rows that were scored before with the same features."""
    first = stored.select(
        *key,
        F.col(INPUT_HASH).alias("first_hash"),
        *(F.col(name).alias(f"first_{name}") for name in FIRST_WRITE),
    )
    is_same = F.col(INPUT_HASH) == F.col("first_hash")
    return scored.join(first, on=list(key), how="left").select(
        *(
            F.when(is_same, F.col(f"first_{name}")).otherwise(F.col(name)).alias(name)
            if name in FIRST_WRITE
            else F.col(name)
            for name in scored.columns
        )
    )


def _facts_of(run: ScoreRun) -> list[SparkColumn]:
    return [F.lit(value).cast("string").alias(name) for name, value in asdict(run).items()]


def _rows_of(rows: DataFrame, table: TableState, *, key: Sequence[str]) -> int:
    """Count how many of these rows the written table really has."""
    stored = lake.read_version(rows.sparkSession, table.uri, table.version)
    return stored.join(rows.select(*key), on=list(key), how="left_semi").count()


def _receipt(spark: SparkSession, table: TableState, counts: Counts) -> TableReceipt:
    schema = schema_hash(lake.read_version(spark, table.uri, table.version))
    return TableReceipt(table.uri, table.id, table.version, **asdict(counts), schema_hash=schema)
