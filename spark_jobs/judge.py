"""Judge bronze rows by their contract in one pass: valid, quarantined or losing duplicate."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.columns import (
    ARRIVAL,
    AS_OF,
    BROKEN_RULES,
    FILE_MODIFIED,
    LINEAGE,
    MALFORMED,
    ORIGINAL,
    ROW_HASH,
    ROW_ID,
    SOURCE_FILE,
    UNDECLARED,
)
from spark_jobs.conform import cast_text, present_text
from spark_jobs.row_changes import with_row_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset
    from conf.dataset_column import Bound, Column

VERDICT = "_verdict"  # within this pass; the three tables are its values
VALID, QUARANTINED, DUPLICATE = "valid", "quarantined", "duplicate"

_BITS = 60  # of a long, per mask column


def judge_rows(bronze: DataFrame, contract: Dataset) -> DataFrame:
    """Add to every bronze row its verdict, typed values, broken rules and original text.

    Takes the contract's columns as text with LINEAGE, ARRIVAL, FILE_MODIFIED, MALFORMED and
    UNDECLARED; a column that was declared after its file came is read from UNDECLARED, and bronze
    from before there was ARRIVAL came before all that has it. Returns LINEAGE, the typed
    columns, ROW_HASH over them, VERDICT, and for quarantined rows alone BROKEN_RULES (every rule
    that a row broke, in the contract's order) and ORIGINAL (the line, or its columns as JSON).
    """
    rules = rules_of(contract)
    typed = with_row_hash(_type_columns(bronze, contract), contract.column_names)
    masked = typed.select("*", *_rule_masks(rules))
    masks = [name for name in masked.columns if name.startswith("_mask_")]
    is_broken = reduce(or_, (F.col(mask) != 0 for mask in masks))
    judged = masked.select("*", _verdict(is_broken, contract).alias(VERDICT))
    is_quarantined = F.col(VERDICT) == QUARANTINED
    return judged.select(
        *LINEAGE,
        *contract.column_names,
        ROW_HASH,
        VERDICT,
        F.when(is_quarantined, _names_of_broken(list(rules))).alias(BROKEN_RULES),
        F.when(is_quarantined, F.col("_original")).alias(ORIGINAL),
    )


def select_valid(judged: DataFrame, contract: Dataset) -> DataFrame:
    return judged.where(F.col(VERDICT) == VALID).select(*LINEAGE, *contract.column_names, ROW_HASH)


def select_duplicates(judged: DataFrame, contract: Dataset) -> DataFrame:
    losers = judged.where(F.col(VERDICT) == DUPLICATE)
    return losers.select(*LINEAGE, *contract.column_names, ROW_HASH)


def select_quarantined(judged: DataFrame, contract: Dataset) -> DataFrame:
    """Return what the repair of a row needs: the rules that it broke and its original text.

    The key is null where it cannot be read.
    """
    quarantined = judged.where(F.col(VERDICT) == QUARANTINED)
    told = (*contract.key, BROKEN_RULES, ORIGINAL)
    return with_row_hash(quarantined.select(*LINEAGE, *told), told)


def newest_first(contract: Dataset) -> list[SparkColumn]:
    """Return the order of rows with one key: whichever comes first wins.

    The newest row is the greatest by the contract's `newest_by`, then one whose outcome is known,
    then the one with the latest `as_of`, then the one that arrived last, then that of the file that
    was changed last, then that of the file whose name sorts last; between rows that are equal in
    all of these, the row hash decides.
    """
    known = [F.expr(contract.label.expression).isNotNull().desc()] if contract.label else []
    by_contract = [F.col(name).desc_nulls_last() for name in contract.newest_by]
    lineage = (AS_OF, ARRIVAL, FILE_MODIFIED, SOURCE_FILE, ROW_HASH, ROW_ID)
    return [*by_contract, *known, *(F.col(name).desc_nulls_last() for name in lineage)]


def rules_of(contract: Dataset) -> dict[str, SparkColumn]:
    """Map the name of every rule of a contract to its condition; null counts as broken."""
    rules = {"well_formed": F.col(MALFORMED).isNull()}
    for column in contract.columns:
        value, text = F.col(column.name), F.col(_text_of(column.name))
        if column.type != "string":
            rules[f"{column.name}_is_a_{column.type}"] = text.isNull() | value.isNotNull()
        if column.required:
            rules[f"{column.name}_is_required"] = text.isNotNull()
        if column.minimum is not None or column.maximum is not None:
            rules[f"{column.name}_is_in_range"] = value.isNull() | _in_range(value, column)
        if column.allowed:
            rules[f"{column.name}_is_allowed"] = value.isNull() | value.isin(*column.allowed)
    if contract.new_columns == "fail":
        rules["no_undeclared_columns"] = F.col(UNDECLARED).isNull()
    return rules | {name: F.expr(expression) for name, expression in contract.rules.items()}


def _type_columns(bronze: DataFrame, contract: Dataset) -> DataFrame:
    """Add each column typed, beside its present text and the row's original."""
    arrival = F.col(ARRIVAL) if ARRIVAL in bronze.columns else F.lit(None).cast("long")
    arrived = bronze.select(
        *LINEAGE,
        arrival.alias(ARRIVAL),
        *(FILE_MODIFIED, MALFORMED, UNDECLARED),
        *(_arrived_text(bronze, contract, name).alias(name) for name in contract.column_names),
    )
    texts = [
        present_text(c.name, null_values=contract.null_values).alias(_text_of(c.name))
        for c in contract.columns
    ]
    original = F.coalesce(F.col(MALFORMED), F.to_json(F.struct(*contract.column_names, UNDECLARED)))
    present = arrived.select(
        *LINEAGE,
        *(ARRIVAL, FILE_MODIFIED, MALFORMED, UNDECLARED),
        original.alias("_original"),
        *texts,
    )
    typed = [cast_text(F.col(_text_of(c.name)), c).alias(c.name) for c in contract.columns]
    return present.select("*", *typed)


def _arrived_text(bronze: DataFrame, contract: Dataset, name: str) -> SparkColumn:
    """Return a column as it arrived, also in files from before it was declared."""
    if contract.column(name).is_row_id:
        return F.col(ROW_ID)
    undeclared = F.get_json_object(UNDECLARED, f"$.{name}")
    return F.coalesce(F.col(name), undeclared) if name in bronze.columns else undeclared


def _text_of(name: str) -> str:
    return f"_text_{name}"


def _in_range(value: SparkColumn, column: Column) -> SparkColumn:
    def bound(limit: Bound) -> SparkColumn:
        return F.lit(limit).cast(column.type)

    inside = F.lit(True)  # noqa: FBT003 # a literal
    if column.minimum is not None:
        inside &= value >= bound(column.minimum)
    if column.maximum is not None:
        inside &= value <= bound(column.maximum)
    return inside


def _rule_masks(rules: dict[str, SparkColumn]) -> list[SparkColumn]:
    """Pack the broken rules of a row into bits; only the few quarantined rows need the names."""
    conditions = list(rules.values())
    masks = []
    for start in range(0, len(conditions), _BITS):
        bits = [
            F.when(F.coalesce(holds, F.lit(False)), F.lit(0)).otherwise(F.lit(1 << bit))  # noqa: FBT003 # a literal
            for bit, holds in enumerate(conditions[start : start + _BITS])
        ]
        masks.append(reduce(lambda a, b: a + b, bits).cast("long").alias(f"_mask_{start}"))
    return masks


def _names_of_broken(names: Sequence[str]) -> SparkColumn:
    named = [
        F.when(
            F.col(f"_mask_{index - index % _BITS}").bitwiseAND(F.lit(1 << index % _BITS)) != 0,
            F.lit(name),
        )
        for index, name in enumerate(names)
    ]
    return F.filter(F.array(*named), lambda name: name.isNotNull())


def _verdict(is_broken: SparkColumn, contract: Dataset) -> SparkColumn:
    """Decide a row's verdict; of valid rows with the same key the newest wins, in any order."""
    # Broken rows have no key to trust: each is a partition of its own.
    same_key = Window.partitionBy(
        F.when(is_broken, F.col(ROW_ID)), *(F.when(~is_broken, F.col(k)) for k in contract.key)
    ).orderBy(*newest_first(contract))
    wins = F.row_number().over(same_key) == 1
    return (
        F.when(is_broken, F.lit(QUARANTINED)).when(wins, F.lit(VALID)).otherwise(F.lit(DUPLICATE))
    )
