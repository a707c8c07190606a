"""Rules and label of a contract as Spark's own parser takes them: what they call and are.

conf/expressions.py knows an expression by its words, before anything runs. This has the last say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from conf.column_type import DECIMAL, kind_of
from conf.document import ConfError
from conf.expressions import ALONE, FUNCTIONS
from conf.table_rules import FRESHNESS, MEAN, SHARE, SUM, Measure, of_kind
from spark_jobs.java_errors import reason_of
from spark_jobs.row_rules import whole_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from py4j.java_gateway import JavaObject
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.dataset_column import Column

# The names that Spark gives to what a parsed expression may be made of, beside functions.
PARTS = frozenset(
    {
        *("UnresolvedAttribute", "Literal", "Cast", "CaseWhen", "And", "Or", "Not", "In"),
        *("EqualTo", "EqualNullSafe", "IsNull", "IsNotNull"),
        *("LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual"),
        *("Like", "RLike", "LikeAny", "LikeAll", "NotLikeAny", "NotLikeAll", "Lower", "Concat"),
        *("Add", "Subtract", "Multiply", "Divide", "IntegralDivide", "Remainder"),
        *("UnaryMinus", "UnaryPositive"),
        *("StringTrim", "StringTrimLeft", "StringTrimRight", "Substring"),
    }
)
# What Spark 4 makes a call of a function of; the word itself calls none that conf lets in.
KEYWORDS = frozenset({"between"})
# A value of each type, to see that an expression raises nothing.
_SAMPLES = {
    "string": "a",
    "int": "1",
    "long": "1",
    "double": "1.5",
    "boolean": "true",
    "date": "2024-01-02",
    "timestamp": "2024-01-02 03:04:05",
    DECIMAL: "1",
}
_NUMBERS = ("a number", ("int", "bigint", "float", "double", DECIMAL))
_KINDS = {
    SHARE: ("a condition", ("boolean",)),
    SUM: _NUMBERS,
    MEAN: _NUMBERS,
    FRESHNESS: ("a day or a moment", ("date", "timestamp")),
}


def check_expressions(spark: SparkSession, contract: Dataset) -> None:
    """Raise ConfError with all that is wrong with what Spark reads of a contract.

    Rules, measures, the label and `deleted_when` must be expressions over the contract's columns
    that a contract may have, rules must be conditions, measures of what they measure, patterns
    Java's, zones known, and none may raise an error.
    """
    sample = sample_row(spark, contract)
    problems = [
        f"{what}: {problem}"
        for what, text in _stated(contract).items()
        for problem in problems_of(sample, text)
    ]
    problems += _problems_of_columns(sample, contract)
    if not problems:
        problems += _problems_of_types(sample, contract)
    if problems:
        where = f"conf/datasets/{contract.name}.yml"
        raise ConfError(*(f"{where}: {problem}" for problem in problems))


def _stated(contract: Dataset) -> dict[str, str]:
    """Return the expressions of a contract by where they stand."""
    stated = {f"rules: {name!r}": rule.expression for name, rule in contract.rules.items()}
    measures = of_kind(contract.table_rules, Measure)
    stated |= {f"table_rules: {name!r}": m.of for name, m in measures.items() if m.of}
    stated |= {"label": contract.label.expression} if contract.label else {}
    return stated | ({"deleted_when": contract.deleted_when} if contract.deleted_when else {})


def _problems_of_types(sample: DataFrame, contract: Dataset) -> Iterator[str]:
    """Yield expressions that are not of the type that is due where they stand."""
    due: dict[str, tuple[str, str, tuple[str, ...]]] = {
        f"rules: {name!r}": (rule.expression, "a condition", ("boolean",))
        for name, rule in contract.rules.items()
    }
    if contract.deleted_when:
        due["deleted_when"] = (contract.deleted_when, "a condition", ("boolean",))
    for name, measure in of_kind(contract.table_rules, Measure).items():
        if of := measure.of or (contract.event_time if measure.measure == FRESHNESS else None):
            due[f"table_rules: {name!r}"] = (of, *_KINDS[measure.measure])
    found = sample.select(*(F.expr(text) for text, _, _ in due.values())).dtypes
    for (where, (_, what, types)), (_, found_type) in zip(due.items(), found, strict=True):
        if kind_of(found_type) not in types:
            yield f"{where}: is a {found_type}, not {what}"


def _problems_of_columns(sample: DataFrame, contract: Dataset) -> Iterator[str]:
    """Yield patterns and zones that Java does not know."""
    for column in contract.columns:
        if asked := _patterns_and_zones(column):
            try:
                sample.select(*asked).collect()
            except (Py4JJavaError, PySparkException) as error:
                yield f"columns: {column.name!r}: {reason_of(error)}"


def _patterns_and_zones(column: Column) -> list[SparkColumn]:
    asked = []
    if column.pattern is not None:
        # As it stands too: whole_value could put a stray parenthesis right.
        asked += [F.lit("").rlike(text) for text in (column.pattern, whole_value(column.pattern))]
    if column.notation.zone:
        asked.append(F.to_utc_timestamp(F.lit("2024-01-02"), column.notation.zone))
    return asked


def problems_of(sample: DataFrame, expression: str) -> list[str]:
    """Return what is wrong with an expression over the columns of `sample`."""
    try:
        problems = refusals(sample, expression)
        if not problems:
            sample.select(F.expr(expression)).collect()
    except (Py4JJavaError, PySparkException) as error:
        return [reason_of(error)]
    return problems


def refusals(sample: DataFrame, expression: str) -> list[str]:
    """Return what a parsed expression is made of that no contract may have.

    Raises Spark's ParseException for text that is no expression.
    """
    state = sample.sparkSession._jsparkSession.sessionState()  # noqa: SLF001 # no public way
    parsed = state.sqlParser().parseExpression(expression)
    return list(dict.fromkeys(_refused(parsed, sample.columns)))


def sample_row(spark: SparkSession, contract: Dataset) -> DataFrame:
    """Return one row of the contract's columns, typed."""

    def value(kind: str) -> SparkColumn:
        return F.lit(_SAMPLES[kind_of(kind)]).cast(kind)

    columns = (value(column.type).alias(column.name) for column in contract.columns)
    return spark.range(1).select(*columns)


def _refused(part: JavaObject, columns: list[str]) -> Iterator[str]:
    kind = str(part.getClass().getSimpleName())
    if kind == "UnresolvedFunction":
        name = ".".join(_texts(part.nameParts()))
        if name.lower() not in FUNCTIONS | KEYWORDS:
            yield f"{name!r} is no function that a contract may call; {ALONE}"
    elif kind not in PARTS:
        yield f"{' '.join(part.toString().split())!r} is a {kind}; {ALONE}"
    elif kind == "UnresolvedAttribute":
        name = ".".join(_texts(part.nameParts()))
        if name.casefold() not in {column.casefold() for column in columns}:
            yield f"{name!r} is no column; the columns are {sorted(columns)}"
    children = part.children()
    for place in range(children.size()):
        yield from _refused(children.apply(place), columns)


def _texts(names: JavaObject) -> list[str]:
    return [str(names.apply(place)) for place in range(names.size())]
