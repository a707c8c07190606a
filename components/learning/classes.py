"""The classes of a classification: learnt from train rows, and coded from 0 for every estimator."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from conf.model_classes import PAIR, ZERO_AND_ONE, ClassName, positive_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conf.model import Model
    from learning.metrics import Vector

LARGEST = 2**31 - 1  # of whole numbers: the scores' column `class` is an int
SHOWN = 10


class ClassesError(ValueError):
    """Rows have classes that a model cannot learn, or has not learnt."""


@dataclass(frozen=True)
class Classes:
    """The classes in the order of their codes; of two, the positive one has code 1."""

    names: tuple[ClassName, ...]
    positive: ClassName | None

    @property
    def texts(self) -> list[str]:
        return [str(name) for name in self.names]

    def codes(self, labels: Sequence[ClassName], *, label: str, part: str) -> Vector:
        """Return the codes (n,) of labels; raise ClassesError naming those that are no class."""
        places = {name: code for code, name in enumerate(self.names)}
        unknown = Counter(one for one in labels if one not in places)
        if unknown:
            told = ", ".join(f"{name!r} in {n} rows" for name, n in unknown.most_common(SHOWN))
            raise ClassesError(
                f"label {label!r} has values in {part} that the model has not learnt: {told}; it "
                f"knows {_shown(self.names)}; split so that train has them, or set such rows aside "
                "by a label.expression that is null for them"
            )
        return np.array([places[one] for one in labels], dtype="float64")


def learn_classes(labels: Sequence[ClassName], model: Model, *, label: str) -> Classes:
    """Find the classes of train rows: those that the model lists, or all that there are, sorted.

    Raises ClassesError for fewer than two, for a listed one without rows, and where it is not
    stated which of two is positive.
    """
    where = f"conf/models/{model.name}.yml"
    counts = Counter(labels)
    names = model.classes or tuple(sorted(counts, key=lambda name: (isinstance(name, str), name)))
    absent = [name for name in names if name not in counts]
    if absent:
        raise ClassesError(
            f"label {label!r}: no row of train is of the classes {absent}, which 'classes' lists; "
            f"take them out of {where}, or split so that train has them"
        )
    if len(counts) < PAIR:
        raise ClassesError(
            f"label {label!r} has one class only in train, {list(counts)} in {len(labels)} rows; a "
            "classification needs two"
        )
    if len(counts) * PAIR > len(labels) and len(counts) > SHOWN:
        raise ClassesError(
            f"label {label!r} has {len(counts)} classes in {len(labels)} rows of train; a class "
            f"needs several rows: is it a number to predict (task: regression in {where})?"
        )
    too_large = [name for name in names if isinstance(name, int) and abs(name) > LARGEST]
    if too_large:
        raise ClassesError(
            f"label {label!r}: the classes {too_large[:SHOWN]} are too large for an int; state "
            "label.expression as a text: cast(... as string)"
        )
    return _in_code_order(names, model, label=label)


def class_weights(codes: Vector, classes: Classes, model: Model) -> Vector | None:
    """Return the weight (n,) of each row by its class, or None where all weigh the same.

    `balanced` gives every class the same weight in total, n / (k times its rows) to each row. A
    class that `class_weights` does not name weighs 1. Raises ClassesError for a name of no class.
    """
    stated = model.class_weights
    if stated is None:
        return None
    rows = codes.astype("int64")
    if isinstance(stated, str):  # balanced
        counts = np.bincount(rows)
        return np.array([len(rows) / (len(counts) * counts[row]) for row in rows])
    unknown = sorted(set(stated) - {str(name) for name in classes.names})
    if unknown:
        raise ClassesError(
            f"class_weights names {unknown}; the classes are {_shown(classes.names)}; correct "
            f"conf/models/{model.name}.yml"
        )
    by_code = [stated.get(name, 1.0) for name in classes.texts]
    return np.array([by_code[row] for row in rows])


def _in_code_order(names: tuple[ClassName, ...], model: Model, *, label: str) -> Classes:
    positive = model.positive
    if positive is None and set(names) == ZERO_AND_ONE:
        positive = 1
    problems = positive_problems(positive, names)
    if problems:
        raise ClassesError(f"label {label!r}: {problems[0]}; in conf/models/{model.name}.yml")
    if positive is None:
        return Classes(names, None)
    return Classes((*(name for name in names if name != positive), positive), positive)


def _shown(names: Sequence[ClassName]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{list(names[:SHOWN])}{more}"
