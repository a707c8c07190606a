"""An expression of a contract reads its row and nothing else, and says which columns it reads."""

from __future__ import annotations

import pytest

from conf.expressions import columns_read, may_be_condition, problems_of

COLUMNS = ("trip", "took", "planned", "city", "day", "sTarted_at")
ALLOWED = [
    "took > 15",
    "TOOK - `planned` > 15",
    "make_date(2024, took, 1) is not null",
    "city in ('Ulm', \"Bonn\") and not (took is null)",
    "city rlike '^[A-Z]' or city like 'a!%' escape '!'",
    "took between 1 and 2 and took <=> planned",
    "case when took > 1.5e3 then true else false end",
    "cast(city as decimal(10, 2)) > 0.5",
    "cast(city as int) = 1L",
    "day >= date '2024-01-01' and started_at < timestamp '2024-01-01 00:00:00'",
    "day + interval 2 days > date_add(day, 1)",
    "took is distinct from planned",
    "coalesce(took, 0) % 2 = 0 and took div 2 = 1",
    "if(took > 1, city, 'it''s') <> 'it\\'s'",
    "length(city) > 1 and regexp_like(city, '\\\\d')",
    "true",
]
REFUSED = {
    "": "is empty",
    "  ": "is empty",
    "reflect('java.lang.System', 'getenv', 'X') = ''": "'reflect' is no function",
    "Java_Method('java.lang.System', 'exit')": "'Java_Method' is no function",
    "`reflect`('a', 'b') = ''": "'reflect' is no function",
    "took in (select 1)": "'select' is no column",
    "(select max(value) from text.`/etc/passwd`) = ''": "'.' means nothing",
    "exists(select 1)": "'exists' is no function",
    "rand() > 0.5": "'rand' is no function",
    "uuid() = city": "'uuid' is no function",
    "current_timestamp() > started_at": "'current_timestamp' is no function",
    "current_date > day": "'current_date' is no column",
    "day < 'today'": "'today' is the clock",
    "day < date ' Now '": "' Now ' is the clock",
    'started_at < "yesterday UTC"': "is the clock",
    "count(*) > 1": "'count' is no function",
    "max(took) = took": "'max' is no function",
    "row_number() over (order by took) = 1": "'row_number' is no function",
    "explode(array(1)) = 1": "'explode' is no function",
    "raise_error('x')": "'raise_error' is no function",
    "tok > 1": "'tok' is no column; did you mean 'took'?",
    "`what is this` > 1": "'what is this' is no column",
    "lengths(city)": "'lengths' is no function that a contract may call; did you mean 'length'?",
    "took > 1 -- always": "'--' means nothing",
    "took > /* x */ 1": "'/*' means nothing",
    "true; drop table x": "';' means nothing",
    "city[0] = 'a'": "'[' means nothing",
    "trips.took > 1": "'.' means nothing",
    "took::int > 1": "':' means nothing",
    "took > :limit": "':' means nothing",
    "filter(city, x -> x) = 1": "'filter' is no function",
    "took > 'open": '"\'" means nothing',
    "(took > 1": "its parentheses do not match",
    "took > 1) or (true": "its parentheses do not match",
    "\uff54ook > 1": "means nothing",
    "took > 1abc": "means nothing",
}


@pytest.mark.parametrize("expression", ALLOWED)
def test_an_expression_over_the_columns_of_a_row_is_all_right(expression: str) -> None:
    assert problems_of(expression, COLUMNS) == []


@pytest.mark.parametrize("expression", REFUSED)
def test_an_expression_that_could_do_more_is_refused_and_says_why(expression: str) -> None:
    assert REFUSED[expression] in "\n".join(problems_of(expression, COLUMNS))


def test_all_that_is_wrong_with_an_expression_is_said_at_once() -> None:
    problems = problems_of("tok > rand() and (plannd < 1", COLUMNS)
    assert [problem.partition(";")[0] for problem in problems] == [
        "'tok' is no column",
        "'rand' is no function that a contract may call",
        "'plannd' is no column",
        "its parentheses do not match",
    ]


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("took - planned > 15", ("took", "planned")),
        ("TOOK > 15", ("took",)),
        ("STARTED_AT is null", ("sTarted_at",)),
        ("coalesce(`Took`, 0) > 1", ("took",)),
        ("city = 'took'", ("city",)),
        ("day(day) > 1", ("day",)),
        ("day('2024-01-01') > took", ("took",)),
        ("true", ()),
    ],
)
def test_an_expression_reads_its_columns_whatever_the_case_of_their_letters(
    expression: str, columns: tuple[str, ...]
) -> None:
    assert columns_read(expression, COLUMNS) == columns


@pytest.mark.parametrize("expression", ALLOWED)
def test_what_is_a_condition_may_be_one(expression: str) -> None:
    assert may_be_condition(expression, ())


@pytest.mark.parametrize(
    "expression",
    ["took + 1", "length(city)", "'a = b'", "date_add(day, 1)", "took % 2", "null", "`city`"],
)
def test_what_has_nothing_that_is_true_or_false_is_no_condition(expression: str) -> None:
    assert not may_be_condition(expression, ())


def test_a_column_that_is_true_or_false_is_a_condition() -> None:
    assert may_be_condition("IS_LATE", ["is_late"])
    assert may_be_condition("`is_late`", ["is_late"])
    assert not may_be_condition("took", ["is_late"])
