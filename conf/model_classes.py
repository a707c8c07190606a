"""The classes of a model's label: which there are, which of two is positive, what each weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conf.document import Section

ClassName = str | int
BALANCED = "balanced"
ZERO_AND_ONE = frozenset({0, 1})
PAIR = 2  # classes, of which one is positive


def read_positive(document: Section) -> ClassName | None:
    value = document.values.get("positive")
    return None if value is None else _label("positive", value, document)


def read_classes(document: Section) -> tuple[ClassName, ...]:
    items: list[object] = document.value("classes", list, [])
    return tuple(_label("classes", item, document) for item in items)


def read_class_weights(document: Section) -> str | Mapping[str, float] | None:
    """Read `balanced`, or the weight of each class by its name; None where nothing is stated."""
    value = document.values.get("class_weights")
    if value is None or value == BALANCED:
        return value
    if not isinstance(value, dict):
        document.refuse(
            f"{document.where_of('class_weights')}: 'class_weights' is {value!r}; it is "
            f"{BALANCED!r}, or the weight of each class by name"
        )
        return None
    section = document.section("class_weights")
    weights = {name: section.value(name, float) for name in section.values}
    for name, weight in weights.items():
        if type(section.values[name]) in {int, float} and not weight > 0:
            section.refuse(
                f"{section.where_of(name)}: the weight of {name!r} is {weight:g}, not above 0"
            )
    return weights


def check_labels(document: Section) -> None:
    """Refuse classes, a positive one, weights and a threshold that do not go together."""
    stated = [n for n in ("positive", "classes", "class_weights") if n in document.values]
    if document.values.get("task") == "regression":
        if stated:
            document.refuse(f"{document.where_of(stated[0])}: a regression has no {stated[0]!r}")
        return
    classes = read_classes(document)
    if "classes" in document.values:
        _check_classes(classes, document)
        for problem in positive_problems(read_positive(document), classes):
            document.refuse(f"{document.where_of('positive')}: {problem}")
        _check_weights(classes, document)
        if "threshold" in document.values and len(classes) > PAIR:
            document.refuse(
                f"{document.where_of('threshold')}: 'threshold' parts two classes; of "
                f"{len(classes)} the most probable one is predicted"
            )


def positive_problems(positive: ClassName | None, classes: Sequence[ClassName]) -> list[str]:
    """Return what is wrong with the positive class of all `classes` of a label."""
    known = list(classes)
    if positive is not None and positive not in classes:
        return [f"'positive' is {positive!r}, which is none of the classes {known}"]
    if positive is not None and len(classes) > PAIR:
        return [f"'positive' is one of two classes; the label has {len(classes)}: leave it out"]
    if positive is None and len(classes) == PAIR and set(classes) != ZERO_AND_ONE:
        return [f"state which of the two classes {known} is 'positive': the score is for it"]
    return []


def _check_classes(classes: Sequence[ClassName], document: Section) -> None:
    where = document.where_of("classes")
    if len(set(classes)) < PAIR or len(set(classes)) < len(classes):
        document.refuse(f"{where}: 'classes' are {list(classes)}; they are at least two, each once")
    if len({type(one) for one in classes}) > 1:
        document.refuse(f"{where}: 'classes' are texts or whole numbers, not both: quote them all")


def _check_weights(classes: Sequence[ClassName], document: Section) -> None:
    weights = document.values.get("class_weights")
    unknown = sorted(set(weights) - {str(c) for c in classes}) if isinstance(weights, dict) else []
    if unknown:
        document.refuse(
            f"{document.where_of('class_weights')}: 'class_weights' names {unknown}; the classes "
            f"are {list(classes)}"
        )


def _label(key: str, value: object, document: Section) -> ClassName:
    if type(value) in {str, int}:
        return value  # type: ignore[return-value] # one of the two
    bare = " (YAML reads a bare yes, no, on or off as a truth value)"
    document.refuse(
        f"{document.where_of(key)}: {key!r} has {value!r}; a class is a text or a whole number: "
        f"quote it{bare if isinstance(value, bool) else ''}"
    )
    return ""
