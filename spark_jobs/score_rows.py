"""The rows of the tables of scores: who has one, who is refused, and what was stored before."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import CLASS, INPUT_HASH, PROBABILITIES, REASON, ROW_HASH, ROW_ID, SCORE
from spark_jobs.row_changes import with_row_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset

MODEL = ("model_name", "model_version")
FIRST_WRITE = (SCORE, CLASS, PROBABILITIES, "data_version", "run_id", "scored_as_of")
NO_SCORE = "model_gave_no_score"


@dataclass(frozen=True)
class ScoreRun:
    """The columns beside every score: the model, the version of its data, the run and its time."""

    model_name: str
    model_version: str
    data_version: str
    run_id: str
    scored_as_of: str | None


def score_rows(
    inputs: DataFrame, scores: DataFrame, contract: Dataset, *, run: ScoreRun
) -> DataFrame:
    """Return the rows of the table `scores`: key, lineage, score, class, model, data, run, time.

    `class` is a text or an int, as `scores` has it; `probabilities` are there if they are in there.
    """
    has_score = F.col(SCORE).isNotNull() & ~F.isnan(SCORE)
    rows = inputs.join(scores.where(has_score), on=[ROW_ID], how="inner").select(
        *contract.key,
        ROW_ID,
        F.col(SCORE).cast("double").alias(SCORE),
        *_class_columns(scores),
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
    stored: DataFrame,
    refused: DataFrame,
    scored: DataFrame,
    *,
    key: Sequence[str],
    files: Sequence[str] = (),
) -> DataFrame:
    """Return stored refusals that hold no more: each of a row whose entity has a score by now.

    And those of rows that are no more: `files` are the ingestions all of whose rows are scored or
    refused here. One that was lost and is ingested again has other ids of rows, by which alone a
    row without a readable key is known. Of refusals that an earlier version of this code stored,
    nobody knows the key.
    """
    keyed = stored.unionByName(refused.select(*key).limit(0), allowMissingColumns=True)
    of_others = keyed.join(refused.select(ROW_ID, *MODEL), on=[ROW_ID, *MODEL], how="left_anti")
    by_key = of_others.join(scored.select(*key), on=list(key), how="left_semi")
    if not files:
        return by_key
    of_models = of_others.join(
        scored.select(*MODEL).unionByName(refused.select(*MODEL)), on=list(MODEL), how="left_semi"
    )
    file = F.regexp_extract(ROW_ID, "^(.*)-", 1)
    of_files = of_models.join(scored.select(ROW_ID), on=[ROW_ID], how="left_anti").where(
        file.isin(*files)
    )
    return by_key.unionByName(of_files).dropDuplicates([ROW_ID, *MODEL])


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
    kept = [name for name in FIRST_WRITE if name in scored.columns and name in stored.columns]
    first = stored.select(
        *key,
        F.col(INPUT_HASH).alias("first_hash"),
        *(F.col(name).alias(f"first_{name}") for name in kept),
    )
    is_same = F.col(INPUT_HASH) == F.col("first_hash")
    return scored.join(first, on=list(key), how="left").select(
        *(
            F.when(is_same, F.col(f"first_{name}")).otherwise(F.col(name)).alias(name)
            if name in kept
            else F.col(name)
            for name in scored.columns
        )
    )


def other_class_type(scores: DataFrame, stored: DataFrame) -> str | None:
    """Return the type of class that the table `scores` has, where these scores have another."""
    new, old = (dict(rows.dtypes)[CLASS] for rows in (scores, stored))
    return None if _class_type(new) == old else old


def _class_columns(scores: DataFrame) -> list[SparkColumn]:
    kind = _class_type(dict(scores.dtypes)[CLASS])
    told = [F.col(PROBABILITIES)] if PROBABILITIES in scores.columns else []
    return [F.col(CLASS).cast(kind).alias(CLASS), *told]


def _class_type(stored: str) -> str:
    return "string" if stored == "string" else "int"


def _facts_of(run: ScoreRun) -> list[SparkColumn]:
    return [F.lit(value).cast("string").alias(name) for name, value in asdict(run).items()]
