"""A draft says what was seen, asks what files cannot tell, and is a contract or model as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.drafts.contract import draft_contract
from aml_pipelines.drafts.model import draft_model
from aml_pipelines.drafts.sniff import Sniffed
from aml_pipelines.drafts.text import column_names, flow, questions
from conf.dataset import load_dataset
from conf.errors import UserError
from conf.model import load_model

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.drafts.contract import Drafted
    from conf.dataset import Dataset
    from conf.model import Model

PATHS = {"history": "raw/trips/history/*.csv", "batch": "raw/trips/batch/*.csv"}
ROWS = 200


def column(name: str, kind: str = "string", **keys: object) -> dict[str, Any]:
    """Return what a profile has of a column with two values, where nothing else is said."""
    plain = {
        "name": name,
        "present": ROWS,
        "nulls": {},
        "distinct": 2,
        "shortest": 1,
        "longest": 9,
        "words": 1.0,
        "codes": 0,
        "fits": {},
        "shape": None,
        "type": kind,
        "keys": {},
        "common": [["a", 150], ["b", 50]],
        "mean": None,
        "deviation": None,
        "quantiles": [],
        "bins": [],
    }
    return {**plain, **keys}


def number(name: str, *ends: float, kind: str = "double", **keys: object) -> dict[str, Any]:
    quantiles = [ends[0], ends[0], ends[0], ends[-1], ends[-1]]
    return column(name, kind, distinct=90, quantiles=quantiles, deviation=12.345, **keys)


def profile(*columns: dict[str, Any], **keys: object) -> dict[str, Any]:
    plain = {"files": 1, "rows": ROWS, "malformed": 0, "duplicates": 0, "keys": [], "partial": []}
    return {**plain, "columns": list(columns), **keys}


def drafted(found: dict[str, Any], label: str | None = None, **keys: object) -> Drafted:
    return draft_contract("trips", found, Sniffed("csv", keys), PATHS, label=label)


def contract(folder: Path, found: dict[str, Any], label: str | None = None) -> Dataset:
    (folder / "trips.yml").write_text(drafted(found, label).text, encoding="utf-8")
    return load_dataset("trips", folder=folder)


def model(folder: Path, found: dict[str, Any], label: str, positive: str | None = None) -> Model:
    text = draft_model("trips", found, drafted(found, label), positive=positive)
    (folder / "trips_late.yml").write_text(text, encoding="utf-8")
    return load_model("trips_late", folder=folder)


def test_names_of_columns_are_plain_and_one_of_a_kind() -> None:
    names = ["Due Date", "due-date", "2nd", "emp.var.rate", "größe", "", "reason", "_x"]
    assert list(column_names(names).values()) == [
        *("due_date", "due_date_2", "column_2nd", "emp_var_rate", "gr_e", "column_6"),
        *("column_reason", "x"),
    ]


def test_a_sign_is_written_in_quotes_and_a_long_question_over_lines() -> None:
    assert [flow(value) for value in (";", "a b", "yes", None, 1, ["-"])] == [
        *('";"', "a b", "'yes'", "null", "1", '["-"]')
    ]
    first, second = questions(["word " * 40])
    assert first.startswith("#? word")
    assert second.startswith("#  word")


def test_a_contract_keeps_the_spelling_of_files_and_their_dialect(tmp_path: Path) -> None:
    text = drafted(profile(column("Due Date")), delimiter=";", encoding="UTF-16").text
    (tmp_path / "trips.yml").write_text(text)
    found = load_dataset("trips", folder=tmp_path)
    assert found.column("due_date").names == ("Due Date",)
    dialect = found.sources["batch"].dialect
    assert (dialect.delimiter, dialect.encoding) == (";", "UTF-16")


def test_limits_are_far_from_what_was_seen(tmp_path: Path) -> None:
    found = contract(
        tmp_path,
        profile(
            number("age", 18, 95, kind="int"),
            number("heat", 3.5, 41.0),
            number("big", 0, 4e9, kind="long"),
            number("near", 1, 200_000_000, kind="int"),
        ),
    )
    limits = {c.name: (c.type, c.minimum, c.maximum) for c in found.raw_columns}
    assert limits == {
        "age": ("int", 0, 1000),
        "heat": ("double", -1000, 1000),
        "big": ("long", 0, None),
        "near": ("long", 0, None),
    }


def test_a_new_value_of_a_short_list_is_a_warning(tmp_path: Path) -> None:
    found = contract(tmp_path, profile(column("origin"), column("dest", distinct=30)))
    assert found.column("origin").allowed == ("a", "b")
    assert found.column("origin").level.name == "warn"
    assert found.column("dest").allowed == ()


def test_a_key_is_a_question_and_one_that_is_named_so_comes_first(tmp_path: Path) -> None:
    found = profile(column("a"), column("trip id"), keys=[["a"], ["trip id"]])
    assert "#? Do these identify an entity for ever?" in drafted(found).text
    assert "So do [a]." in drafted(found).text
    assert contract(tmp_path, found).key == ("trip_id",)


def test_rows_without_a_key_are_entities_of_their_own(tmp_path: Path) -> None:
    found = profile(column("a"), duplicates=7)
    assert "7 rows are equal to another one" in drafted(found).text
    assert contract(tmp_path, found).key == ("row_id",)


def test_texts_that_mean_no_value_are_a_question(tmp_path: Path) -> None:
    found = profile(column("a", nulls={"NA": 3}), column("b", nulls={"?": 1, "NA": 1}))
    assert "#? Do these texts mean no value, in every column?" in drafted(found).text
    assert contract(tmp_path, found).null_values == ("", "?", "NA")


def test_rows_over_many_days_are_split_by_time_and_others_by_key(tmp_path: Path) -> None:
    days = ["2024-01-01", "2024-01-20", "2024-01-25", "2024-02-01"]
    timed = profile(column("a"), column("day", "date", quantiles=days))
    split = contract(tmp_path, timed, label="a").split
    assert split is not None
    assert (split.by, split.column) == ("time", "day")
    assert str(split.end) == "2024-02-02"
    few = profile(column("a"), column("day", "date", quantiles=["2024-01-01"] * 4))
    shares = contract(tmp_path, few, label="a").split
    assert shares is not None
    assert shares.by == "key"


def test_what_is_not_in_every_file_may_be_missing(tmp_path: Path) -> None:
    found = contract(tmp_path, profile(column("a"), column("b"), column("y"), partial=["b"]), "y")
    assert [c.missing for c in found.raw_columns] == [None, "null", "null"]


@pytest.mark.parametrize(
    ("found", "question"),
    [
        (column("a", codes=3), "Is this a code, and no number?"),
        (
            column(
                "a",
                "date",
                shape="d/M/yyyy",
                fits={"d/M/yyyy": ROWS, "M/d/yyyy": ROWS},
                quantiles=["2024-01-01"] * 4,
            ),
            "Is the day first? All values can also be read as M/d/yyyy.",
        ),
        (
            number("a", 1, 2, shape="double", fits={"double": ROWS - 2}),
            "2 values are not written so, and will be quarantined.",
        ),
    ],
)
def test_what_files_cannot_tell_is_asked(found: dict[str, Any], question: str) -> None:
    assert f"  #? {question}" in drafted(profile(found)).text


def test_each_kind_of_column_is_a_feature_of_its_kind(tmp_path: Path) -> None:
    days = ["2024-01-01"] * 4
    found = model(
        tmp_path,
        profile(
            column("trip", distinct=ROWS),
            column("day", "date", quantiles=days),
            number("fare", 0, 9),
            column("origin"),
            column("paid", "boolean"),
            column("note", distinct=150, words=5.0),
            column("ref", distinct=150),
            column("same", distinct=1),
            column("late"),
            keys=[["trip"]],
        ),
        label="late",
    )
    assert (found.numeric, found.categorical, found.boolean) == (("fare",), ("origin",), ("paid",))
    assert (found.date, found.text) == (("day",), ("note",))
    assert (found.task, found.metric, found.slices) == ("classification", "roc_auc", ("origin",))


def test_of_two_words_the_rarer_is_looked_for_as_a_question(tmp_path: Path) -> None:
    found = profile(number("fare", 0, 9), column("late"))
    text = draft_model("trips", found, drafted(found, "late"), positive=None)
    assert "#? Is 'b' what is looked for? It is the rarer of ['a', 'b']." in text
    assert model(tmp_path, found, "late").positive == "b"
    assert model(tmp_path, found, "late", positive="a").positive == "a"
    with pytest.raises(UserError, match=r"--positive 'c': the label has \['a', 'b'\]"):
        draft_model("trips", found, drafted(found, "late"), positive="c")


def test_many_classes_are_measured_as_many_and_measurements_as_numbers(tmp_path: Path) -> None:
    classes = [["a", 90], ["b", 60], ["c", 50]]
    many = profile(number("fare", 0, 9), column("late", distinct=3, common=classes))
    assert model(tmp_path, many, "late").metric == "balanced_accuracy"
    assert model(tmp_path, many, "late").gate.minimum == 0.333
    measured = profile(number("fare", 0, 9), number("late", 0, 99))
    assert model(tmp_path, measured, "late").task == "regression"
    assert model(tmp_path, measured, "late").gate.minimum == 12.3  # the label's deviation


def test_classes_with_few_rows_are_a_question() -> None:
    classes = [["a", 90], ["b", 60], ["c", 3]]
    found = profile(number("fare", 0, 9), column("late", distinct=3, common=classes))
    text = draft_model("trips", found, drafted(found, "late"), positive=None)
    assert "#? Are these classes of their own? They have few rows: c." in text


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (column("late", distinct=60), "'late' has 60 different texts; at most 50 are classes"),
        (column("late", distinct=1), "'late' has one value in all rows"),
        (column("late", "date", quantiles=["2024-01-01"] * 4), "'late' is a moment; state an"),
    ],
)
def test_a_label_that_cannot_be_learnt_is_refused(label: dict[str, Any], message: str) -> None:
    found = profile(number("fare", 0, 9), label)
    with pytest.raises(UserError, match=message):
        draft_model("trips", found, drafted(found, "late"), positive=None)


def test_a_label_that_no_file_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        UserError, match=r"label 'lat': the files have no such column; .*\['late'\]"
    ):
        drafted(profile(column("late")), label="lat")


def test_files_without_a_row_are_refused() -> None:
    with pytest.raises(UserError, match="trips: the files have no rows"):
        drafted(profile(column("late"), rows=0))


def test_a_label_whose_name_is_a_word_of_sql_is_quoted(tmp_path: Path) -> None:
    found = contract(tmp_path, profile(column("case"), column("target")), label="case")
    assert found.label is not None
    assert (found.label.expression, found.label.name) == ("`case`", "outcome")
