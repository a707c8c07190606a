"""What conf lets into a contract by its words is what Spark's own parser makes of it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.errors import ParseException

from conf import expressions as by_words
from conf.dataset_learning import Label
from conf.dataset_rules import Rule
from conf.document import ConfError
from spark_jobs.expressions import check_expressions, problems_of, refusals, sample_row
from tests.contracts import contract_of
from tests.unit.conf.test_expressions import ALLOWED, REFUSED

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
    columns:
      trip: {type: int, required: true}
      took: {type: int}
      planned: {type: double}
      city: {type: string}
      day: {type: date}
      sTarted_at: {type: timestamp}
    key: [trip]
""")
# Spark's parser drops comments, and has asked the clock when it is done: only words show them.
# To that of Spark 4, `::` is a cast.
BY_WORDS_ALONE = [
    text
    for text in REFUSED
    if "--" in text
    or "/*" in text
    or "clock" in REFUSED[text]
    or ("::" in text and version("pyspark") >= "4")
]


def _rules(expressions: dict[str, str]) -> dict[str, Rule]:
    return {name: Rule(text) for name, text in expressions.items()}


def test_what_conf_allows_spark_takes_and_what_conf_refuses_spark_refuses(
    spark: SparkSession,
) -> None:
    sample = sample_row(spark, TRIPS)
    assert {text: problems_of(sample, text) for text in ALLOWED} == {text: [] for text in ALLOWED}
    taken = [text for text in REFUSED if not problems_of(sample, text)]
    assert taken == BY_WORDS_ALONE


def test_every_function_that_conf_lists_is_one_of_spark(spark: SparkSession) -> None:
    known = {row["function"].lower() for row in spark.sql("show functions").collect()}
    assert by_words.FUNCTIONS - known == set()


words = st.sampled_from(
    [
        *("took", "city", "`day`", "tok", "1", "0.5", "'a'", "date '2024-01-02'", "null", "true"),
        *(
            "=",
            "<",
            "+",
            "-",
            "||",
            "and",
            "or",
            "not",
            "in",
            "(",
            ")",
            ",",
            "is",
            "like",
            "between",
        ),
        *("length(", "coalesce(", "rand(", "max(", "reflect(", "select", "from", "over", "cast("),
        *(
            "as",
            "int",
            "case",
            "when",
            "then",
            "end",
            "interval",
            "any",
            "escape",
            "exists",
            "any(",
        ),
    ]
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(st.lists(words, min_size=1, max_size=7).map(" ".join), min_size=30, max_size=40)
)
def test_nothing_that_conf_allows_is_more_to_spark_than_columns_and_listed_functions(
    spark: SparkSession, texts: list[list[str]]
) -> None:
    sample = sample_row(spark, TRIPS)
    joined = [" ".join(text) for text in texts]
    allowed = [text for text in joined if not by_words.problems_of(text, TRIPS.column_names)]
    told = []
    for text in allowed:
        with suppress(ParseException):
            told += refusals(sample, text)
    # Spark takes a keyword that stands where none is due for a name.
    names = {found[1].lower() for each in told if (found := re.match(r"'(\w+)' is no ", each))}
    assert names <= by_words.WORDS
    kinds = {found[1] for each in told if (found := re.search(r" is a (\w+); ", each))}
    assert kinds <= {"Alias"}


def test_all_that_is_wrong_with_a_contract_is_told_before_a_row_is_judged(
    spark: SparkSession,
) -> None:
    rules = {
        "fine": "took > 1",
        "open": "took > 1 and",
        "twice": "took > > 1",
        "pattern": "city rlike '('",
        "types": "day + city > 1",
        "group": "regexp_replace(city, 'a', '$1') = ''",
        "code": "reflect('java.lang.System', 'getenv', 'HOME') = ''",
    }
    wrong = replace(TRIPS, rules=_rules(rules), label=Label("late", "current_date > day"))
    with pytest.raises(ConfError) as refused:
        check_expressions(spark, wrong)
    told = [problem.removeprefix("conf/datasets/trips.yml: ") for problem in refused.value.problems]
    starts: set[str | tuple[str, ...]] = {
        "rules: 'open': \"('took > 1) AS and#",
        "rules: 'twice': [PARSE_SYNTAX_ERROR]",
        "rules: 'pattern': [INVALID_PARAMETER_VALUE.PATTERN] The value of parameter(s) `regexp`",
        (
            "rules: 'group': IndexOutOfBoundsException: No group 1",  # Spark 3.5
            "rules: 'group': [INVALID_REGEXP_REPLACE]",  # Spark 4
        ),
        "rules: 'types': [DATATYPE_MISMATCH",
        "rules: 'code': 'reflect' is no function that a contract may call",
        "label: 'current_date' is no column",
    }
    assert len(told) == len(starts)
    assert all(any(problem.startswith(start) for problem in told) for start in starts), told


def test_a_rule_that_is_no_condition_is_refused(spark: SparkSession) -> None:
    wrong = replace(TRIPS, rules=_rules({"fine": "took > 1", "number": "took + 1"}))
    with pytest.raises(ConfError, match=r"trips\.yml: rules: 'number': is a int, not a condition"):
        check_expressions(spark, wrong)
