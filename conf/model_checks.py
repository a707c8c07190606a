"""Checks a model with the contract of its dataset: there is a label, and the features fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.dataset import DATASETS
from conf.document import read_document
from conf.model import KINDS, MODELS
from conf.model_classes import positive_problems

if TYPE_CHECKING:
    from conf.dataset import Dataset
    from conf.document import Section
    from conf.model import Model

# The types that columns of a kind may have; where another type is due, the kind that takes it.
TYPES = {
    "numeric": ("int", "long", "double", "decimal", "boolean"),
    "categorical": ("string", "int", "long", "boolean"),
    "boolean": ("boolean",),
    "date": ("date", "timestamp"),
    "text": ("string",),
}
NUMBERS = "'numeric'"
FITTING = {
    "int": "'numeric' or 'categorical'",
    "long": "'numeric' or 'categorical'",
    "string": "'categorical' or 'text'",
    "date": "'date'",
    "timestamp": "'date'",
    "boolean": "'boolean' or 'numeric'",
}


def learning_problems(model: Model, contract: Dataset) -> list[str]:
    """Return why a model cannot learn from its dataset, whatever its features are made of."""
    dataset = read_document(DATASETS / f"{contract.name}.yml")
    problems = [
        f"{dataset.where}: {name!r} is missing; model {model.name!r} learns from it"
        for name, part in (("label", contract.label), ("split", contract.split))
        if part is None
    ]
    if contract.label:
        telling = {*contract.label_columns, contract.label.name}
        for kind, section in _features(model).items():
            leaks = sorted(telling & set(section.texts(kind)))
            if leaks:
                problems.append(
                    f"{section.where_of(kind)}: {kind!r} names {leaks}, which tell the label "
                    f"{contract.label.name!r} ({contract.label.expression})"
                )
        problems += _label_problems(model, contract)
    return problems


def column_problems(model: Model, contract: Dataset) -> list[str]:
    """Return why the features of a dataset without a feature set are not those of a model.

    They are the contract's columns, without those that its label is computed from.
    """
    problems = []
    for kind, section in _features(model).items():
        named = section.texts(kind)
        unknown = sorted(set(named) - set(contract.column_names))
        if unknown:
            problems.append(
                f"{section.where_of(kind)}: {kind!r} names {unknown}; the columns of "
                f"{contract.name!r} are {list(contract.column_names)}"
            )
        types = {c.name: c.type.partition("(")[0] for c in contract.columns if c.name in named}
        wrong = {name: of for name, of in types.items() if of not in TYPES[kind]}
        if wrong:
            told = ", ".join(
                f"{name!r} ({of}) is for {FITTING.get(of, NUMBERS)}" for name, of in wrong.items()
            )
            problems.append(
                f"{section.where_of(kind)}: {kind!r} lists columns of another type: {told}"
            )
    return problems


def _label_problems(model: Model, contract: Dataset) -> list[str]:
    """Return what a label that is a column tells of a task, before a row is read."""
    label = contract.label
    column = next(
        (c for c in contract.columns if label and c.name == label.expression.strip()), None
    )
    if column is None:
        return []
    type_ = column.type.partition("(")[0]
    document = read_document(MODELS / f"{model.name}.yml")
    where = f"{document.where_of('task')}: the label {column.name!r} is a column of {column.type}"
    if model.task == "regression" and type_ not in TYPES["numeric"]:
        return [f"{where}; a regression learns numbers: 'task' is classification"]
    if model.task == "classification" and type_ in TYPES["date"]:
        return [f"{where}, which has no classes"]
    is_closed = type_ == "string" and bool(column.allowed)  # else `allowed` are texts of numbers
    if model.task == "classification" and is_closed and not model.classes:
        problems = positive_problems(model.positive, column.allowed)
        return [f"{document.where_of('positive')}: {problem}" for problem in problems]
    return []


def _features(model: Model) -> dict[str, Section]:
    features = read_document(MODELS / f"{model.name}.yml").section("features")
    return {kind: features for kind in KINDS if kind in features.values}
