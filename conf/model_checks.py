"""Checks a model with the contract of its dataset: there is a label, and the features fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.dataset import DATASETS
from conf.document import read_document
from conf.model import MODELS

if TYPE_CHECKING:
    from conf.dataset import Dataset
    from conf.document import Section
    from conf.model import Model

NUMBERS = ("int", "long", "double", "boolean")


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
        types = {c.name: c.type for c in contract.columns if c.name in named}
        wrong = {name: of for name, of in types.items() if of not in NUMBERS}
        if kind == "numeric" and wrong:
            problems.append(
                f"{section.where_of(kind)}: {kind!r} names {wrong}, which are no numbers; list "
                "them under 'categorical', or leave them out"
            )
    return problems


def _features(model: Model) -> dict[str, Section]:
    features = read_document(MODELS / f"{model.name}.yml").section("features")
    return {kind: features for kind in ("numeric", "categorical") if kind in features.values}
