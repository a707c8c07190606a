"""Rules and label of a contract as Spark's own parser takes them: what they call and are.

conf/expressions.py knows an expression by its words, before anything runs. This has the last say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from conf.document import ConfError
from conf.expressions import ALONE, FUNCTIONS
from spark_jobs.java_errors import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from py4j.java_gateway import JavaObject
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset

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
# A value of each type, to see that an expression raises nothing.
_SAMPLES = {
    "string": "a",
    "int": "1",
    "long": "1",
    "double": "1.5",
    "boolean": "true",
    "date": "2024-01-02",
    "timestamp": "2024-01-02 03:04:05",
}


def check_expressions(spark: SparkSession, contract: Dataset) -> None:
    """Raise ConfError with all that is wrong with the rules and the label of a contract.

    They must be expressions over the contract's columns that a contract may have, rules must be
    conditions, and none may raise an error.
    """
    sample = sample_row(spark, contract)
    stated = {f"rules: {name!r}": text for name, text in contract.rules.items()}
    if contract.label:
        stated["label"] = contract.label.expression
    problems = [
        f"{what}: {problem}"
        for what, text in stated.items()
        for problem in problems_of(sample, text)
    ]
    if not problems:
        rules = sample.select(*(F.expr(text) for text in contract.rules.values()))
        kinds = zip(contract.rules, rules.dtypes, strict=True)
        problems = [
            f"rules: {name!r}: is a {kind}, not a condition"
            for name, (_, kind) in kinds
            if kind != "boolean"
        ]
    if problems:
        where = f"conf/datasets/{contract.name}.yml"
        raise ConfError(*(f"{where}: {problem}" for problem in problems))


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
        return F.lit(_SAMPLES[kind]).cast(kind)

    columns = (value(column.type).alias(column.name) for column in contract.columns)
    return spark.range(1).select(*columns)


def _refused(part: JavaObject, columns: list[str]) -> Iterator[str]:
    kind = str(part.getClass().getSimpleName())
    if kind == "UnresolvedFunction":
        name = ".".join(_texts(part.nameParts()))
        if name.lower() not in FUNCTIONS:
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
