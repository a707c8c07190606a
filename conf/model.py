"""A model: its features, candidates, metric, and the gate that a winner must pass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.document import ConfError, Section, read_document
from conf.model_classes import check_labels, read_class_weights, read_classes, read_positive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.model_classes import ClassName

MODELS = Path(__file__).with_name("models")
TASKS = {
    "classification": (
        *("roc_auc", "average_precision", "log_loss"),
        *("accuracy", "balanced_accuracy", "macro_f1"),
    ),
    "regression": ("rmse", "mae", "r2"),
}
LESS_IS_BETTER = ("log_loss", "rmse", "mae")
# Of features: how columns become numbers, inside the pipeline that is logged.
KINDS = ("numeric", "categorical", "boolean", "date", "text")
PACKAGES = ("sklearn", "xgboost")  # of estimators: those that the image of training has
# How the public names of estimators of the other task end.
OTHER_TASK = {"classification": "Regressor", "regression": "Classifier"}
CANDIDATES = 3  # a node of training.yml for each: a pipeline's YAML has no loop


@dataclass(frozen=True)
class Candidate:
    """One estimator to train, by its public name, with its parameters."""

    name: str
    estimator: str
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class Gate:
    """The limits that a winner must reach on test rows before it is registered.

    `minimum` is the least value of the metric that is acceptable at all (the greatest, where less
    is better); `minimum_gain` is what the lower end of the paired bootstrap interval of the gain
    over the champion must exceed; `slice_tolerance` is how much worse than the champion any slice
    of at least `slice_rows` rows may be.
    """

    minimum: float
    minimum_gain: float
    confidence: float
    resamples: int
    slice_tolerance: float
    slice_rows: int


@dataclass(frozen=True)
class Model:
    """A model, as conf/models/<name>.yml states it."""

    name: str
    dataset: str
    task: str
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    boolean: tuple[str, ...]
    date: tuple[str, ...]
    text: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    metric: str
    threshold: float
    positive: ClassName | None
    classes: tuple[ClassName, ...]
    class_weights: str | Mapping[str, float] | None
    gate: Gate
    slices: tuple[str, ...]
    seed: int

    @property
    def features(self) -> tuple[str, ...]:
        return self.numeric + self.categorical + self.boolean + self.date + self.text

    @property
    def greater_is_better(self) -> bool:
        return self.metric not in LESS_IS_BETTER

    def candidate(self, slot: int) -> Candidate:
        """Return the candidate of training slot `slot`, counted from 1."""
        return self.candidates[slot - 1]


def load_model(name: str, *, folder: Path = MODELS) -> Model:
    """Load the model `name`.

    Raises ConfError with all that is wrong, each with file, line and key, when the model is unknown
    or states nonsense.
    """
    require_model_name(name)
    document = read_document(folder / f"{name}.yml", found=[])
    model = _read(name, document)
    _check(model, document)
    document.raise_found()
    return model


def require_model_name(name: str) -> None:
    """Raise ConfError for what is no name of a model: it could be a path."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ConfError(f"model {name!r}: a name is letters, digits, underscores and dashes")


def _read(name: str, document: Section) -> Model:
    document.allow(
        *("dataset", "task", "features", "candidates", "metric", "threshold", "gate", "slices"),
        *("seed", "positive", "classes", "class_weights"),
    )
    task = document.choice("task", tuple(TASKS))
    metrics = TASKS[task] if document.values.get("task") == task else sum(TASKS.values(), ())
    features = document.section("features").allow(*KINDS)
    return Model(
        name=name,
        dataset=document.value("dataset", str),
        task=task,
        numeric=features.texts("numeric"),
        categorical=features.texts("categorical"),
        boolean=features.texts("boolean"),
        date=features.texts("date"),
        text=features.texts("text"),
        candidates=tuple(
            _candidate(n, s) for n, s in document.section("candidates").sections().items()
        ),
        metric=document.choice("metric", metrics),
        threshold=document.value("threshold", float, 0.5),
        positive=read_positive(document),
        classes=read_classes(document),
        class_weights=read_class_weights(document),
        gate=_gate(document.section("gate")),
        slices=document.texts("slices"),
        seed=document.value("seed", int),
    )


def _candidate(name: str, section: Section) -> Candidate:
    section.allow("estimator", "parameters")
    parameters = section.value("parameters", dict, {})
    estimator = section.value("estimator", str)
    package, _, rest = estimator.partition(".")
    if estimator and (package not in PACKAGES or not rest):
        section.refuse(
            f"{section.where_of('estimator')}: estimator {estimator!r} is not of {PACKAGES}, which "
            "are what the image of training has"
        )
    return Candidate(name, estimator, parameters)


def _gate(section: Section) -> Gate:
    section.allow(
        *("minimum", "minimum_gain", "confidence", "resamples", "slice_tolerance", "slice_rows"),
    )
    return Gate(
        minimum=section.value("minimum", float),
        minimum_gain=section.value("minimum_gain", float, 0.0),
        confidence=section.value("confidence", float, 0.95),
        resamples=section.value("resamples", int, 1000),
        slice_tolerance=section.value("slice_tolerance", float),
        slice_rows=section.value("slice_rows", int, 200),
    )


def _check(model: Model, document: Section) -> None:
    if not document.values.get("features"):
        document.refuse(
            f"{document.where}: 'features' is missing; it lists columns under {list(KINDS)}"
        )
    twice = sorted({name for name in model.features if model.features.count(name) > 1})
    if twice:
        document.refuse(f"{document.where_of('features')}: {twice} are named twice")
    check_labels(document)
    stated = list(document.section("candidates").values)
    if len(stated) != CANDIDATES:
        where = document.where_of("candidates")
        document.refuse(f"{where}: candidates are {stated}; training has {CANDIDATES} slots")
    for candidate in model.candidates:
        if candidate.estimator.endswith(OTHER_TASK[model.task]):
            section = document.section("candidates").section(candidate.name)
            document.refuse(
                f"{section.where_of('estimator')}: estimator {candidate.estimator!r} is of another "
                f"task than {model.task!r}"
            )
    if not 0 < model.gate.confidence < 1 and "gate" in document.values:
        where = document.section("gate").where_of("confidence")
        document.refuse(f"{where}: confidence is {model.gate.confidence}; it is below 1")
    unknown = sorted(set(model.slices) - set(model.features))
    if unknown and model.features:
        document.refuse(
            f"{document.where_of('slices')}: slices names {unknown}; the features are "
            f"{sorted(model.features)}"
        )
