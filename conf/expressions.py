"""Expressions of contracts: what a rule or a label may say, found by its words, without Spark.

Spark's SQL can read files and environment variables, load classes and ask the clock. A contract
states facts of a row: whoever may write one shall not thereby run code, and its verdicts shall be
the same tomorrow. So every word must be a column, a literal, an operator, or one of the functions
below. Spark's own parser has the last word, when `clean` begins.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Of one row alone, the same whenever they are called.
FUNCTIONS = _set_of(
    """
    abs add_months ascii bigint boolean bround btrim cbrt ceil ceiling char_length coalesce
    concat concat_ws contains cos date date_add date_format date_sub date_trunc datediff day
    dayofmonth dayofweek dayofyear decimal double endswith exp float floor greatest hour if
    ifnull initcap instr int isnan isnotnull isnull last_day least left length ln locate log
    log10 log2 lower lpad ltrim make_date make_timestamp minute mod month months_between nanvl
    negative nullif nvl nvl2 pmod pow power quarter regexp_count regexp_extract regexp_instr
    regexp_like regexp_replace repeat replace reverse right round rpad rtrim second sign sin
    split_part sqrt startswith string substr substring timestamp to_date to_timestamp
    translate trim trunc try_to_timestamp unix_date unix_millis unix_seconds upper weekday
    weekofyear year
    """
)
WORDS = _set_of(
    """
    and or not is null true false in between like ilike rlike regexp case when then else end
    distinct from cast try_cast as div escape
    """
)
# What may make a condition of an expression, beside a column that is one.
_OF_CONDITIONS = WORDS - _set_of("null end distinct from as div escape") | _set_of(
    """
    boolean coalesce contains endswith greatest if ifnull isnan isnotnull isnull least nullif nvl
    nvl2 regexp_like startswith = < > <= >= <> != == <=>
    """
)
_UNITS = _set_of("year month week day hour minute second")
_TYPES = _set_of("string int integer bigint long double float decimal boolean date timestamp")
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>--|/\*)
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<quoted>`(?:[^`]|``)+`)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:bd|[dfl])?(?![\w.]))
    | (?P<word>[A-Za-z_]\w*)
    | (?P<operator><=>|<>|!=|>=|<=|==|\|\||[-+*/%<>=!(),])
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII | re.DOTALL,
)
# Spark reads these texts as a moment wherever one is due: the clock.
_CLOCK = re.compile(r"\s*(now|today|tomorrow|yesterday)\b", re.IGNORECASE)
ALONE = (
    "an expression reads the columns of its row: no subquery, window, aggregate, clock or chance"
)


class _Token(NamedTuple):
    kind: str
    text: str


def problems_of(expression: str, columns: Collection[str]) -> list[str]:
    """Return what an expression over `columns` may not say; none for one that is all right.

    Spark takes the names of columns and functions in any case, and so does this.
    """
    if not expression.strip():
        return ["is empty; it takes a SQL expression over the columns"]
    tokens = _tokens(expression)
    last = tokens[-1]
    if last.kind == "unknown":
        return [f"{last.text!r} means nothing in an expression; {ALONE}"]
    problems = [
        problem
        for place, token in enumerate(tokens)
        if (problem := _problem(tokens, place, token, columns))
    ]
    if not _is_balanced(tokens):
        problems.append("its parentheses do not match")
    return list(dict.fromkeys(problems))


def may_be_condition(expression: str, conditions: Collection[str]) -> bool:
    """Return whether an expression may be true or false; `conditions` are the columns that are."""
    named = {column.casefold() for column in conditions}
    return any(
        token.text.lower() in _OF_CONDITIONS or _name_of(token).casefold() in named
        for token in _tokens(expression)
        if token.kind != "text"
    )


def columns_read(expression: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return those of `columns` that an expression reads, whatever the case of its letters."""
    tokens = _tokens(expression)
    named = {
        _name_of(token).casefold()
        for place, token in enumerate(tokens)
        if token.kind in {"word", "quoted"} and not _is_call(tokens, place)
    }
    return tuple(column for column in columns if column.casefold() in named)


def _tokens(expression: str) -> list[_Token]:
    return [token for token in _scan(expression) if token.kind != "space"]


def _scan(expression: str) -> Iterator[_Token]:
    place = 0
    while place < len(expression):
        match = _TOKEN.match(expression, place)
        if match is None or match.lastgroup == "comment":
            yield _Token("unknown", expression[place : place + (2 if match else 1)])
            return
        yield _Token(str(match.lastgroup), match.group())
        place = match.end()


def _problem(
    tokens: Sequence[_Token], place: int, token: _Token, columns: Collection[str]
) -> str | None:
    if token.kind == "text" and _CLOCK.match(token.text[1:-1]):
        return f"{token.text} is the clock to Spark; a verdict must be the same tomorrow"
    if token.kind not in {"word", "quoted"}:
        return None
    name = _name_of(token)
    if _is_call(tokens, place):
        return _problem_of_call(name)
    is_column = name.casefold() in {column.casefold() for column in columns}
    if is_column or (token.kind == "word" and _is_keyword(tokens, place)):
        return None
    close = get_close_matches(name, columns, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"the columns are {sorted(columns)}; {ALONE}"
    return f"{name!r} is no column; {hint}"


def _problem_of_call(name: str) -> str | None:
    if name.lower() in FUNCTIONS:
        return None
    close = get_close_matches(name.lower(), FUNCTIONS, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{name!r} is no function that a contract may call; {hint}{ALONE}"


def _is_call(tokens: Sequence[_Token], place: int) -> bool:
    """Return whether a name is that of a function: a word before a parenthesis, but no keyword."""
    token = tokens[place]
    follows = place + 1 < len(tokens) and tokens[place + 1].text == "("
    is_type = token.text.lower() in _TYPES and place > 0 and tokens[place - 1].text.lower() == "as"
    return follows and not (token.kind == "word" and token.text.lower() in WORDS) and not is_type


def _is_keyword(tokens: Sequence[_Token], place: int) -> bool:
    word = tokens[place].text.lower()
    if word in WORDS:
        return True
    before = tokens[place - 1].text.lower() if place else ""
    if word in _TYPES and before == "as":
        return True
    follows = tokens[place + 1].kind if place + 1 < len(tokens) else ""
    if word in {"date", "timestamp", "interval"} and follows == "text":
        return True
    if word == "interval" and follows == "number":
        return True
    is_interval = any(token.text.lower() == "interval" for token in tokens[:place])
    return is_interval and word.removesuffix("s") in _UNITS


def _is_balanced(tokens: Sequence[_Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "operator" else 0
        if depth < 0:
            return False
    return depth == 0


def _name_of(token: _Token) -> str:
    return token.text[1:-1].replace("``", "`") if token.kind == "quoted" else token.text
