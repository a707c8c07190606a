"""Judge bronze rows by their contract in one pass: valid, quarantined, duplicate or deleted."""

from __future__ import annotations

from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import (
    ARRIVAL,
    BROKEN_RULES,
    ENDED_BY,
    FILE_MODIFIED,
    LINEAGE,
    MALFORMED,
    ORIGINAL,
    REASON,
    ROW_HASH,
    ROW_ID,
    SNAPSHOT,
    UNDECLARED,
    VALID_FROM,
    VALID_TO,
)
from conf.dataset_column import ROW_KEY
from conf.rule_level import WARN
from spark_jobs.broken_rules import broke_one, named_if_broken, rule_masks
from spark_jobs.conform import cast_text, present_text
from spark_jobs.deletions import IS_DELETION, is_deletion, reason, rules_of_deletions
from spark_jobs.foreign_keys import with_known
from spark_jobs.rivals import Rivals, find_rivals
from spark_jobs.row_changes import with_row_hash
from spark_jobs.row_rules import rules_of, text_of
from spark_jobs.snapshots import present_keys, with_losses
from spark_jobs.verdict import (
    DELETED,
    DUPLICATE,
    QUARANTINED,
    VALID,
    VERDICT,
    repeated,
    uniques_of,
    verdict_alone,
    with_repeated,
    with_verdict,
)
from spark_jobs.versions import IS_VERSION, no_versions, with_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset

NO_DATASETS: Mapping[str, DataFrame] = MappingProxyType({})


def judge_rows(
    bronze: DataFrame,
    contract: Dataset,
    *,
    referenced: Mapping[str, DataFrame] = NO_DATASETS,
    rivals: Rivals | None = None,
) -> DataFrame:
    """Add to every bronze row its verdict, typed values, broken rules and original text.

    Takes the contract's columns as text with LINEAGE, ARRIVAL, FILE_MODIFIED, MALFORMED and
    UNDECLARED; a column that was declared after its file came is read from UNDECLARED, and bronze
    from before there was ARRIVAL came before all that has it. `referenced` has the valid rows of
    the datasets that foreign keys refer to; the foreign keys of others are not looked at. Only
    `rivals` are compared, if they are known, where a verdict depends on rows of the same key alone.
    Returns LINEAGE, the typed columns, ROW_HASH over them, VERDICT, and for rows that broke a rule
    alone BROKEN_RULES (every rule that a row broke, in the contract's order) and ORIGINAL (the
    line, or its columns as JSON). A row that broke rules of the level `warn` alone is valid. The
    newest row of an entity that is deleted has REASON. Of a contract with a history, versions of
    entities have IS_VERSION, and when they held.
    """
    if rivals is None or contract.may_delete or contract.history:
        judged, names = _with_verdicts(bronze, contract, referenced)
    else:
        alone, others = rivals.parted(bronze)
        judged, names = _with_verdicts(alone, contract, referenced, compares=False)
        if others is not None:
            judged = judged.unionByName(_with_verdicts(others, contract, referenced)[0])
    judged, uniques = with_repeated(judged, contract), list(uniques_of(contract))
    is_repeated = [F.col(repeated(name)) for name in uniques]
    broke_a_rule = reduce(or_, is_repeated, broke_one(names, among=names))
    broken = [
        *named_if_broken(names),
        *(F.when(F.col(repeated(name)), F.lit(name)) for name in uniques),
    ]
    if contract.history:
        judged = with_versions(judged, contract, competing=F.col(VERDICT) != QUARANTINED)
    return judged.select(
        *LINEAGE,
        *contract.column_names,
        ROW_HASH,
        VERDICT,
        *((VALID_FROM, VALID_TO, ENDED_BY, IS_VERSION) if contract.history else no_versions()),
        _reason(contract).alias(REASON),
        F.when(broke_a_rule, F.filter(F.array(*broken), lambda name: name.isNotNull())).alias(
            BROKEN_RULES
        ),
        # Made of a broken row alone: it costs as much as all casts of a row.
        F.when(broke_a_rule, _original(contract, of=_arrived)).alias(ORIGINAL),
    )


def _with_verdicts(
    bronze: DataFrame,
    contract: Dataset,
    referenced: Mapping[str, DataFrame],
    *,
    compares: bool = True,
) -> tuple[DataFrame, list[str]]:
    """Add typed values, masks of broken rules and VERDICT to rows, and return the rules' names.

    Rows with the same key are compared, unless nobody has the same.
    """
    typed = with_row_hash(_type_columns(bronze, contract), contract.column_names)
    typed, known = with_known(typed, contract, referenced)
    rules = rules_of(contract) | known
    names = list(rules)
    warning = {name for name, level in contract.levels.items() if level.name == WARN}
    typed = with_losses(typed, contract) if contract.snapshots else typed
    masked = typed.select("*", *rule_masks(rules))
    is_broken = broke_one(names, among={*names} - warning)
    if contract.may_delete:
        masked = masked.withColumn(IS_DELETION, is_deletion(contract))
        broke_its_own = broke_one(names, among=rules_of_deletions(contract) - warning)
        is_broken = F.when(F.col(IS_DELETION), broke_its_own).otherwise(is_broken)
    if not compares:
        return masked.withColumn(VERDICT, verdict_alone(is_broken)), names
    return with_verdict(masked, is_broken, contract), names


def select_valid(judged: DataFrame, contract: Dataset) -> DataFrame:
    return judged.where(F.col(VERDICT) == VALID).select(*LINEAGE, *contract.column_names, ROW_HASH)


def select_duplicates(judged: DataFrame, contract: Dataset) -> DataFrame:
    losers = judged.where(F.col(VERDICT) == DUPLICATE)
    return losers.select(*LINEAGE, *contract.column_names, ROW_HASH)


def select_deleted(judged: DataFrame, contract: Dataset) -> DataFrame:
    """Return the rows by which entities are deleted, with why."""
    told = (*contract.column_names, REASON)
    deleted = judged.where(F.col(VERDICT) == DELETED).select(*LINEAGE, *told)
    return with_row_hash(deleted, told)


def select_history(judged: DataFrame, contract: Dataset) -> DataFrame:
    """Return the versions of entities with when they held, and what ended them."""
    told = (*contract.column_names, VALID_FROM, VALID_TO, ENDED_BY)
    return with_row_hash(judged.where(IS_VERSION).select(*LINEAGE, *told), told)


def select_quarantined(judged: DataFrame, contract: Dataset) -> DataFrame:
    """Return what the repair of a row needs: the rules that it broke and its original text.

    The key is null where it cannot be read.
    """
    return _with_reasons(judged.where(F.col(VERDICT) == QUARANTINED), contract)


def select_warned(judged: DataFrame, contract: Dataset) -> DataFrame:
    """Return of valid rows those that broke a rule of the level `warn`, as quarantined ones are."""
    is_warned = (F.col(VERDICT) == VALID) & F.col(BROKEN_RULES).isNotNull()
    return _with_reasons(judged.where(is_warned), contract)


def rivals_in(bronze: DataFrame, contract: Dataset) -> Rivals | None:
    """Find the bronze rows that share their key, broken ones too; None if they are very many."""
    if contract.key == (ROW_KEY,):
        return Rivals()
    return find_rivals(_type_columns(bronze, contract), contract.key)


def keys_of(bronze: DataFrame, contract: Dataset) -> DataFrame:
    """Return the keys of bronze rows that can be read, each once."""
    return present_keys(_type_columns(bronze, contract), contract)


def original_texts(bronze: DataFrame, contract: Dataset) -> DataFrame:
    """Return ROW_ID of bronze rows, and ORIGINAL: the line, or its columns as JSON."""
    texts = (_arrived_text(bronze, contract, name).alias(name) for name in contract.raw_names)
    arrived = bronze.select(ROW_ID, MALFORMED, UNDECLARED, *texts)
    return arrived.select(ROW_ID, _original(contract, of=str).alias(ORIGINAL))


def _original(contract: Dataset, *, of: Callable[[str], str]) -> SparkColumn:
    """Return a row's line, or its columns as JSON; `of` names the column with an arrived text."""
    texts = (F.col(of(name)).alias(name) for name in contract.raw_names)
    return F.coalesce(F.col(MALFORMED), F.to_json(F.struct(*texts, UNDECLARED)))


def _arrived(name: str) -> str:
    """Return the name of the column with the text of the column `name` as it arrived."""
    return f"_arrived_{name}"


def _reason(contract: Dataset) -> SparkColumn:
    why = reason() if contract.may_delete else F.lit(None)
    return F.when(F.col(VERDICT) == DELETED, why).cast("string")


def _with_reasons(judged: DataFrame, contract: Dataset) -> DataFrame:
    told = (*contract.key, BROKEN_RULES, ORIGINAL)
    return with_row_hash(judged.select(*LINEAGE, *told), told)


def _type_columns(bronze: DataFrame, contract: Dataset) -> DataFrame:
    """Add each column typed, beside its text as it arrived, and its present text."""
    later = {ARRIVAL: "long", SNAPSHOT: "string"}  # columns that bronze did not always have
    came = [
        F.col(name) if name in bronze.columns else F.lit(None).cast(kind).alias(name)
        for name, kind in later.items()
    ]
    arrived = bronze.select(
        *LINEAGE,
        *came,
        *(FILE_MODIFIED, MALFORMED, UNDECLARED),
        *(
            _arrived_text(bronze, contract, name).alias(_arrived(name))
            for name in contract.column_names
        ),
    )
    texts = [
        present_text(_arrived(c.name), null_values=contract.null_values).alias(text_of(c.name))
        for c in contract.columns
    ]
    present = arrived.select("*", *texts)
    typed = [cast_text(F.col(text_of(c.name)), c).alias(c.name) for c in contract.columns]
    return present.select("*", *typed)


def _arrived_text(bronze: DataFrame, contract: Dataset, name: str) -> SparkColumn:
    """Return a column as it arrived, also in files from before it was declared."""
    if contract.column(name).is_row_id:
        return F.col(ROW_ID)
    undeclared = F.get_json_object(UNDECLARED, f"$.{name}")
    return F.coalesce(F.col(name), undeclared) if name in bronze.columns else undeclared
