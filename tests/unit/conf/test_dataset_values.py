"""A contract states types, notations and rules of values; what makes no sense is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from conf.column_notation import Notation
from conf.dataset import load_dataset
from conf.document import ConfError
from conf.rule_level import Level
from tests.contracts import contract_of

if TYPE_CHECKING:
    from pathlib import Path

    from conf.dataset_column import Column


def column(stated: str) -> Column:
    return contract_of(f"""
        columns:
          id: {{type: int, required: true}}
          value: {{{stated}}}
        key: [id]
    """).column("value")


def refusal(stated: str) -> str:
    with pytest.raises(ConfError) as refused:
        column(stated)
    assert len(refused.value.problems) == 1, refused.value.problems
    return str(refused.value)


def test_a_decimal_has_its_digits_in_its_type_and_exact_limits() -> None:
    price = column("type: 'decimal( 12, 2 )', min: 0, max: 99.995")
    assert (price.type, price.is_a_type) == ("decimal(12,2)", "is_a_decimal")
    assert (price.minimum, price.maximum) == ("0", "99.995")
    assert column("type: 'decimal(38,0)', min: '12345678901234567890123'").minimum == (
        "12345678901234567890123"
    )


def test_how_values_are_written_is_stated_for_each_column() -> None:
    german = "type: double, decimal_mark: ',', thousands: '.', strip: [€, EUR], factor: 0.3048"
    assert column(german).notation == Notation(
        factor="0.3048", decimal_mark=",", thousands=".", strip=("€", "EUR")
    )
    assert column("type: int, factor: 1e3").notation.factor == "1000"
    truth = column("type: boolean, true_values: [JA], false_values: [Nein]").notation
    assert (truth.true_values, truth.false_values) == (("ja",), ("nein",))
    assert column("type: timestamp, zone: Europe/Berlin").notation.zone == "Europe/Berlin"
    assert column("type: timestamp, zone: UTC").notation.zone == "UTC"


def test_a_level_and_a_tolerance_are_those_of_a_columns_rules_of_values() -> None:
    stated = column("type: string, pattern: '[A-Z]+', max_length: 3, level: fail, tolerance: 0.1")
    assert stated.level == Level("fail", 0.1)
    assert stated.value_rules == ("value_matches_its_pattern", "value_has_its_length")
    assert column("type: int, min: 1").level == Level("quarantine", 0.0)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("type: decimal", "says how many digits it has, and how many behind the mark: 'decimal(12"),
        ("type: 'decimal(39,2)'", "a decimal has 1 to 38 digits"),
        ("type: 'decimal(3,4)'", "at most all of them behind the mark"),
        ("type: 'decimal(x)'", "says how many digits"),
        ("type: binary", "bytes are no column of a contract, for no rule can judge them"),
        ("type: 'decimal(5,2)', min: low", "'min' is 'low'; it takes a value of the column's type"),
        ("type: 'decimal(5,2)', min: .inf", "'min' is inf; it takes a value of the column's type"),
        ("type: 'decimal(5,2)', min: true", "'min' is True; it takes a value of the column's type"),
        ("type: int, zone: UTC", "'zone' is for columns of timestamp; this one is a int"),
        ("type: string, factor: 2", "'factor' is for columns of int, long, double, decimal; this"),
        ("type: date, strip: [€]", "'strip' is for columns of int"),
        ("type: int, true_values: [ja]", "'true_values' is for columns of boolean"),
        ("type: timestamp, zone: CEST", "'CEST' is no time zone of IANA's"),
        ("type: timestamp, zone: Europe/Bonn", "'Europe/Bonn' is no time zone of IANA's"),
        ("type: timestamp, zone: ../etc/passwd", "is no time zone of IANA's"),
        ("type: int, factor: 0", "'factor' is 0; it is a number, and not 0"),
        ("type: double, factor: .nan", "'factor' is nan; it is a number"),
        ("type: double, factor: true", "'factor' is True; it is a number"),
        ("type: double, factor: feet", "'factor' is 'feet'; it is a number"),
        ("type: 'decimal(38,2)', factor: 0.3048", "have more than 38 digits together"),
        ("type: int, decimal_mark: ab", "'decimal_mark' is 'ab'; it is one sign"),
        ("type: int, thousands: '1'", "'thousands' is '1'; it is one sign"),
        ("type: int, thousands: '-'", "'thousands' is '-'; it is one sign"),
        ("type: int, thousands: .", "'thousands' and 'decimal_mark' are both '.'"),
        ("type: int, strip: ['-']", "'strip' has '-'; it takes signs of currencies and units"),
        ("type: int, strip: ['m2']", "'strip' has 'm2'; it takes signs"),
        ("type: int, strip: ['']", "'strip' has ''; it takes signs"),
        ("type: int, strip: ['.']", "'strip' has '.'; it takes signs"),
        ("type: boolean, true_values: ['No']", "['no'] are both true and false"),
        ("type: string, pattern: '(a'", "is no regular expression: missing ), unterminated"),
        ("type: string, pattern: 'a)|(b'", "is no regular expression: unbalanced parenthesis"),
        ("type: string, pattern: '[a'", "is no regular expression: unterminated character set"),
        ("type: string, pattern: 'a{3,2}'", "min repeat greater than max repeat"),
        (r"type: string, pattern: 'a\'", "bad escape (end of pattern)"),
        ("type: int, pattern: a", "'pattern' is for columns of string; this one is a int"),
        ("type: 'decimal(5,2)', max_length: 3", "'max_length' is for columns of string; this one"),
        ("type: string, min_length: -1", "'min_length' is -1; no text is shorter than 0"),
        ("type: string, min_length: 3, max_length: 2", "'max_length' is below 'min_length'"),
        ("type: string, level: warn", "'level' is that of the column's limits, lists, pattern"),
        ("type: int, min: 1, level: ignore", "'level' is 'ignore'; it is one of ['quarantine', 'w"),
        ("type: int, min: 1, level: warn, tolerance: 0.1", "'tolerance' is for 'level: fail'"),
        ("type: int, min: 1, tolerance: 0.1", "'tolerance' is for 'level: fail', not for 'quaran"),
        ("type: int, min: 1, level: fail, tolerance: 2", "'tolerance' is 2.0; it is a share, 0 to"),
    ],
)
def test_what_makes_no_sense_of_a_column_is_named_with_its_line(stated: str, said: str) -> None:
    told = refusal(stated)
    assert said in told
    assert re.search(r"trips\.yml:5: columns: value: ", told)


def test_a_decimal_whose_comma_ends_it_is_told_to_be_quoted() -> None:
    with pytest.raises(ConfError, match="between braces its comma ends it: write it in quotes"):
        column("type: decimal(12,2)")


@pytest.mark.parametrize("pattern", [r"\p{L}+", "(?<year>[0-9]{4})", "^*a", "a{2}{3}", r"\Q(\E"])
def test_a_pattern_that_java_knows_and_python_does_not_is_no_mistake_to_plan(pattern: str) -> None:
    assert column(f"type: string, pattern: '{pattern}'").pattern == pattern


CITIES = """\
sources: {history: {path: raw/*.csv, format: csv}}
columns:
  id: {type: int, required: true}
  city: {type: string, allowed_from: {file: conf/references/cities.csv, column: name}}
key: [id]
"""


def load_cities(folder: Path, reference: bytes | None, *, text: str = CITIES) -> Column:
    for name in ("datasets", "references"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "datasets" / "trips.yml").write_text(text)
    if reference is not None:
        (folder / "references" / "cities.csv").write_bytes(reference)
    return load_dataset("trips", folder=folder / "datasets").column("city")


def test_the_values_of_a_reference_table_are_part_of_the_contract(tmp_path: Path) -> None:
    text = '\ufeffcode, name\n1, Ulm \n2,\n3,"Aix, Var"\n4,Ulm\n'
    before = load_cities(tmp_path, text.encode())
    assert before.allowed_from is not None
    assert before.allowed_from.values == ("Ulm", "Aix, Var")
    assert before.value_rules == ("city_is_in_its_reference",)
    after = load_cities(tmp_path, b"name\nUlm\n")
    assert repr(after) != repr(before)  # which a fingerprint is made of


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (None, "conf/references/cities.csv: there is no such file"),
        (b"code\n1\n", "has not one column 'name'; its columns are ['code']"),
        (b"name,name\n1,2\n", "has not one column 'name'; its columns are ['name', 'name']"),
        (b"", "has not one column 'name'; its columns are []"),
        (b"name\n\n", "column 'name' has no value"),
        (b'name\n"open\n', "unexpected end of data"),
        (b"name\n\xff\n", "codec can't decode byte 0xff"),
        (
            b"name\n" + b"\n".join(b"%d" % number for number in range(10_001)),
            "column 'name' has 10,001 values, and may have 10,000; make it a dataset",
        ),
    ],
)
def test_a_reference_table_that_has_no_such_values_is_refused_with_the_line_of_its_key(
    tmp_path: Path, reference: bytes | None, said: str
) -> None:
    with pytest.raises(ConfError) as refused:
        load_cities(tmp_path, reference)
    assert said in str(refused.value)
    assert "trips.yml:4: columns: city: allowed_from: " in str(refused.value)


@pytest.mark.parametrize("file", ["cities.csv", "conf/references/../x.csv", "/etc/passwd"])
def test_a_reference_table_stands_among_the_others(tmp_path: Path, file: str) -> None:
    text = CITIES.replace("conf/references/cities.csv", file)
    with pytest.raises(ConfError, match="is no reference table; they stand in conf/references"):
        load_cities(tmp_path, b"name\nUlm\n", text=text)


def test_a_zone_is_for_text_and_refused_with_a_source_of_moments() -> None:
    with pytest.raises(ConfError, match=r"yml:4: columns: seen: 'zone' is for text, and a source"):
        contract_of("""
sources: {history: {path: raw/*.parquet, format: parquet}}
columns: {id: {type: int, required: true},
  seen: {type: timestamp, zone: UTC}}
key: [id]
""")


def test_a_decimal_is_no_key() -> None:
    with pytest.raises(ConfError, match=r"yml:3: key columns \['price'\] are decimals"):
        contract_of("columns: {price: {type: 'decimal(5,2)', required: true}}\nkey: [price]\n")
