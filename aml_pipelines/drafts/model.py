"""Draft a model from the profile of its dataset: task, features, candidates, gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.drafts.contract import MOST_CLASSES
from aml_pipelines.drafts.text import flow, listed, mapping, questions
from conf.column_type import MOMENTS, NUMBERS
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aml_pipelines.drafts.contract import Drafted, Profiled

Candidates = dict[str, tuple[str, dict[str, object]]]
FEWEST_OF_A_CLASS = 20  # rows, of which a fifth is for validation
MOST_INTEGER_CLASSES = 20
MOST_CATEGORIES = 100
WORDS_OF_A_TEXT = 3
MOST_SLICES, MOST_SLICE_VALUES = 2, 10
CLASSIFIERS: Candidates = {
    "logistic_regression": ("sklearn.linear_model.LogisticRegression", {"C": 1.0, "max_iter": 500}),
    "hist_gradient_boosting": (
        "sklearn.ensemble.HistGradientBoostingClassifier",
        {"max_iter": 100, "learning_rate": 0.1},
    ),
    "xgboost": (
        "xgboost.XGBClassifier",
        {"n_estimators": 120, "learning_rate": 0.1, "max_depth": 4, "tree_method": "hist"},
    ),
}
REGRESSORS: Candidates = {
    "ridge": ("sklearn.linear_model.Ridge", {"alpha": 1.0}),
    "hist_gradient_boosting": (
        "sklearn.ensemble.HistGradientBoostingRegressor",
        {"max_iter": 100, "learning_rate": 0.1},
    ),
    "xgboost": (
        "xgboost.XGBRegressor",
        {"n_estimators": 120, "learning_rate": 0.1, "max_depth": 4, "tree_method": "hist"},
    ),
}


def draft_model(dataset: str, profile: Profiled, drafted: Drafted, *, positive: str | None) -> str:
    """Draft the model that predicts the label of a drafted contract.

    Raises UserError when the label cannot be learnt, or no column can be a feature.
    """
    columns = {drafted.names[column["name"]]: column for column in profile["columns"]}
    label = columns[str(drafted.label)]
    classes = _classes(label)
    features, left_out = _features(columns, drafted)
    if not any(features.values()):
        raise UserError(f"{dataset}: no column but {drafted.label!r} can be a feature")
    slices = [n for n in features["categorical"] if columns[n]["distinct"] <= MOST_SLICE_VALUES]
    lines = [
        f"dataset: {dataset}",
        f"task: {'classification' if classes else 'regression'}",
        *questions(
            ["Is each of these known when a prediction is due? One that is not tells the label."]
        ),
        "features:",
        *(
            line
            for kind, names in features.items()
            if names
            for line in listed(f"  {kind}: ", names)
        ),
        *(f"# left out: {name}, {why}" for name, why in left_out.items()),
        "candidates:",
    ]
    for name, (estimator, parameters) in (CLASSIFIERS if classes else REGRESSORS).items():
        lines += [
            f"  {name}:",
            f"    estimator: {estimator}",
            f"    parameters: {mapping(parameters)}",
        ]
    lines += _measure(label, classes, positive)
    lines += [
        f"slices: {flow(slices[:MOST_SLICES])}",
        "seed: 1",
    ]
    return "\n".join(lines) + "\n"


def _classes(label: Profiled) -> list[str]:
    """Return the classes of a label, the most frequent first; none where it is a measurement."""
    is_number = label["type"] in NUMBERS
    name, distinct = label["name"], label["distinct"]
    if label["type"] in MOMENTS:
        raise UserError(f"label {name!r} is a moment; state an expression in the contract's label")
    if label["type"] == "double" or (is_number and distinct > MOST_INTEGER_CLASSES):
        return []
    if distinct > MOST_CLASSES:
        raise UserError(
            f"label {name!r} has {distinct:,} different texts; at most {MOST_CLASSES} are classes"
        )
    if distinct < 2:  # noqa: PLR2004 # classes
        raise UserError(f"label {name!r} has one value in all rows: there is nothing to learn")
    return [text for text, _ in label["common"]]


def _features(
    columns: Mapping[str, Profiled], drafted: Drafted
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the columns of each kind of feature, and why others are none."""
    features: dict[str, list[str]] = {
        kind: [] for kind in ("numeric", "categorical", "boolean", "date", "text")
    }
    left_out: dict[str, str] = {}
    for name, column in columns.items():
        if name == drafted.label:
            continue
        kind = _kind(column)
        if list(drafted.key) == [name]:
            left_out[name] = "which identifies rows"
        elif name == drafted.event_time and drafted.is_split_by_time:
            left_out[name] = "by which rows are split"
        elif column["distinct"] < 2:  # noqa: PLR2004 # values
            left_out[name] = "which has one value" if column["distinct"] else "which has no value"
        elif kind is None:
            left_out[name] = f"a text with {column['distinct']:,} values"
        else:
            features[kind].append(name)
    return features, left_out


def _kind(column: Profiled) -> str | None:
    if column["type"] in NUMBERS:
        return "numeric"
    if column["type"] in MOMENTS:
        return "date"
    if column["type"] == "boolean":
        return "boolean"
    if column["distinct"] <= MOST_CATEGORIES:
        return "categorical"
    return "text" if column["words"] >= WORDS_OF_A_TEXT else None


def _measure(label: Profiled, classes: Sequence[str], positive: str | None) -> list[str]:
    """Return metric, gate and what goes with them."""
    if not classes:
        spread = float(f"{label['deviation']:.3g}")
        return [
            "metric: rmse",
            *_gate(spread, "what the mean of all rows would reach", tolerance=spread / 5),
        ]
    if len(classes) > 2:  # noqa: PLR2004 # classes
        chance = round(1 / len(classes), 3)
        return [
            *_rare(label),
            "metric: balanced_accuracy",
            *_gate(chance, "what chance would reach", tolerance=0.05),
        ]
    return [
        *_positive(label, classes, positive),
        "metric: roc_auc",
        "threshold: 0.5",
        *_gate(0.55, "chance reaches 0.5", tolerance=0.05),
    ]


def _rare(label: Profiled) -> list[str]:
    """Ask about classes that a split may leave without a row to learn from."""
    rare = [text for text, rows in label["common"] if rows < FEWEST_OF_A_CLASS]
    if not rare:
        return []
    asked = (
        f"Are these classes of their own? They have few rows: {', '.join(rare)}. One without a row "
        "in train must have none in validation and test."
    )
    return questions([asked])


def _positive(label: Profiled, classes: Sequence[str], positive: str | None) -> list[str]:
    if set(classes) <= {"0", "1"} or label["type"] == "boolean":
        return []
    if positive is not None and positive not in classes:
        raise UserError(f"--positive {positive!r}: the label has {sorted(classes)}")
    chosen = positive or classes[-1]
    value: object = int(chosen) if label["type"] in NUMBERS else chosen
    line = f"positive: {flow(value)}"
    if positive:
        return [line]
    return [
        *questions([f"Is {chosen!r} what is looked for? It is the rarer of {sorted(classes)}."]),
        line,
    ]


def _gate(minimum: float, meaning: str, *, tolerance: float) -> list[str]:
    return [
        "gate:",
        f"  minimum: {minimum:g} # {meaning}",
        "  minimum_gain: 0.0",
        "  confidence: 0.95",
        "  resamples: 500",
        f"  slice_tolerance: {tolerance:.3g}",
        "  slice_rows: 100",
    ]
