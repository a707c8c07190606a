"""Rules have levels, and some are over more than a row; what makes no sense is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conf.cleaning_order import cleaning_order
from conf.dataset_rules import Rule
from conf.document import ConfError
from conf.rule_level import Level
from conf.table_rules import ForeignKey, Measure, Unique
from tests.contracts import contract_of

if TYPE_CHECKING:
    from conf.dataset import Dataset

RIDES = """
related: [cities]
columns:
  ride: {{type: int, required: true}}
  city: {{type: string}}
  fare: {{type: double}}
  day: {{type: date}}
key: [ride]
{0}
"""


def rides(rules: str) -> Dataset:
    return contract_of(RIDES.format(rules))


def refusals(rules: str) -> tuple[str, ...]:
    with pytest.raises(ConfError) as refused:
        rides(rules)
    return refused.value.problems


def test_a_rule_is_an_expression_alone_or_with_its_level() -> None:
    contract = rides("""
rules:
  plain: fare > 0
  noted: {expression: fare < 100, level: warn}
  grave: {expression: city is not null, level: fail, tolerance: 0.01}
""")
    assert contract.rules == {
        "plain": Rule("fare > 0"),
        "noted": Rule("fare < 100", Level("warn")),
        "grave": Rule("city is not null", Level("fail", 0.01)),
    }
    assert contract.levels == {name: rule.level for name, rule in contract.rules.items()}


def test_rules_over_more_than_a_row_are_unique_columns_foreign_keys_and_measures() -> None:
    contract = rides("""
table_rules:
  one: {unique: [city, day]}
  known: {foreign_key: {columns: [city], dataset: cities, references: [name]}, level: warn}
  many: {measure: row_count, min: 10, by: [day]}
  fair: {measure: share, of: fare > 0, min: 0.5, level: warn}
  fresh: {measure: freshness_hours, of: day, max: 48, tolerance: 0.5, level: fail}
""")
    assert contract.table_rules == {
        "one": Unique(("city", "day"), Level()),
        "known": ForeignKey(("city",), "cities", ("name",), Level("warn")),
        "many": Measure("row_count", None, 10.0, None, ("day",), Level("fail")),
        "fair": Measure("share", "fare > 0", 0.5, None, (), Level("warn")),
        "fresh": Measure("freshness_hours", "day", None, 48.0, (), Level("fail", 0.5)),
    }
    assert list(contract.judged_with_rows) == ["one"]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("rules: {a: {level: warn}}", "rules: a: key 'expression' is missing"),
        ("rules: {a: {expression: fare > 0, lvl: warn}}", "rules: a: unknown keys ['lvl']"),
        ("rules: {a: {expression: fair > 0}}", "rules: a: 'expression': 'fair' is no column"),
        ("rules: {a: {expression: max(fare) > 0}}", "'max' is no function that a contract may"),
        ("rules: {a: fare + 1}", "10: rules: 'a': is no condition: nothing in it is true or false"),
        ("rules: {a: {expression: city}}", "a: 'expression': is no condition"),
        ("table_rules: {a: {measure: share, of: fare, min: 1}}", "a: 'of': is no condition"),
        ("rules: {fare_matches_its_pattern: fare > 0}", "have the names of rules that columns"),
        ("rules: {a: fare > 0}\ntable_rules: {a: {unique: [day]}}", "['a'] have the names of ru"),
        ("table_rules: {well_formed: {unique: [day]}}", "['well_formed'] have the names of rules"),
        ("table_rules: {a b: {unique: [day]}}", "'a b': a name is letters, digits and underscor"),
        ("table_rules: {a: {}}", "it has one of ['unique', 'foreign_key', 'measure'], and has []"),
        ("table_rules: {a: {unique: [day], measure: sum}}", "and has ['unique', 'measure']"),
        ("table_rules: {a: {unique: []}}", "'unique' is missing; it lists columns"),
        ("table_rules: {a: {unique: [days]}}", "'a' names ['days']; the columns are"),
        ("table_rules: {a: {unique: [day], by: [city]}}", "unknown keys ['by']"),
        (
            "table_rules: {a: {foreign_key: {columns: [town], dataset: cities, references: [x]}}}",
            "'a' names ['town']; the columns are",
        ),
        (
            "table_rules: {a: {foreign_key: {columns: [city], dataset: towns, references: [x]}}}",
            "'a' refers to dataset 'towns', which is not in 'related'",
        ),
        (
            "table_rules: {a: {foreign_key: {columns: [city], dataset: z, references: [x, y]}}}",
            "columns ['city'] and references ['x', 'y'] are not as many",
        ),
        (
            "table_rules: {a: {foreign_key: {columns: [city], references: [x]}}}",
            "key 'dataset' is missing",
        ),
        ("table_rules: {a: {measure: median, of: fare, min: 1}}", "'measure' is 'median'; it is o"),
        ("table_rules: {a: {measure: sum, min: 1}}", "key 'of' is missing; 'sum' is of an express"),
        ("table_rules: {a: {measure: row_count, of: fare, min: 1}}", "'row_count' is of rows"),
        ("table_rules: {a: {measure: mean, of: fare}}", "it has neither 'min' nor 'max'"),
        ("table_rules: {a: {measure: mean, of: fair, min: 1}}", "a: 'of': 'fair' is no column"),
        ("table_rules: {a: {measure: mean, of: rand(), min: 1}}", "'rand' is no function"),
        ("table_rules: {a: {measure: row_count, min: 1, by: [town]}}", "'a' names ['town']"),
        (
            "table_rules: {a: {measure: row_count, min: 1, level: quarantine}}",
            "'level' is 'quarantine'; it is one of ['warn', 'fail']",
        ),
        (
            "table_rules: {a: {measure: freshness_hours, max: 1}}",
            "'a' measures the freshness of nothing; state 'of', or the contract's 'event_time'",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(rules: str, said: str) -> None:
    told = refusals(rules)
    assert len(told) == 1, told
    assert said in told[0]


def test_all_mistakes_of_rules_are_told_at_once_each_with_its_line() -> None:
    told = refusals("""
rules:
  a: {expression: fair > 0, level: loud}
table_rules:
  b: {measure: sum, of: fare +, min: 1}
  c: {unique: [], level: warn}
  d: {measure: share, of: fair > now(), min: 1}
""")
    assert sorted(problem.partition("trips.yml:")[2].partition(": ")[0] for problem in told) == [
        *("12", "12", "15", "16", "16")
    ]


def a_dataset(name: str, *refers_to: str) -> Dataset:
    keys = "".join(
        f"\n  of_{other}: {{foreign_key: {{columns: [id], dataset: {other}, references: [id]}}}}"
        for other in refers_to
    )
    rules = f"table_rules: {keys}" if keys else ""
    return contract_of(
        f"""
related: [{", ".join(refers_to)}]
columns: {{id: {{type: int, required: true}}}}
key: [id]
{rules}
""",
        name=name,
    )


def test_datasets_are_cleaned_after_those_that_they_refer_to() -> None:
    contracts = [a_dataset("a", "b", "c"), a_dataset("b", "c"), a_dataset("c"), a_dataset("d")]
    order = cleaning_order({contract.name: contract for contract in contracts})
    assert order == [("c", "d"), ("b",), ("a",)]


def test_foreign_keys_in_a_circle_or_to_what_is_not_cleaned_are_refused() -> None:
    circle = {"a": a_dataset("a", "b"), "b": a_dataset("b", "a")}
    with pytest.raises(
        ConfError, match=r"datasets \['a', 'b'\]: their foreign keys go in a circle"
    ):
        cleaning_order(circle)
    with pytest.raises(ConfError, match=r"'of_b' refers to dataset 'b', which is not cleaned with"):
        cleaning_order({"a": a_dataset("a", "b")})


def test_a_foreign_key_to_columns_that_are_not_there_or_of_another_type_is_refused() -> None:
    other = contract_of(
        "columns: {name: {type: string, required: true}}\nkey: [name]\n", name="cities"
    )
    key = "table_rules: {a: {foreign_key: {columns: [%s], dataset: cities, references: [%s]}}}"
    for columns, said in (
        (("city", "town"), r"'a' refers to \['town'\]; the columns of 'cities' are \['name'\]"),
        (("ride", "name"), "'a' refers from 'ride', a int, to 'name' of 'cities', a string"),
    ):
        with pytest.raises(ConfError, match=said):
            cleaning_order({"trips": rides(key % columns), "cities": other})
    assert cleaning_order({"trips": rides(key % ("city", "name")), "cities": other}) == [
        ("cities",),
        ("trips",),
    ]
