"""Whether the columns of a table are of the kinds that a model lists them under."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pandas as pd

from conf.model import KINDS

if TYPE_CHECKING:
    from conf.model import Model

logger = logging.getLogger(__name__)


class TrainingRowsError(ValueError):
    """A table lacks columns or outcomes that a model is trained and tested with."""


def refuse_other_kinds(rows: pd.DataFrame, model: Model) -> None:
    """Raise TrainingRowsError naming all columns that are of another kind, and which takes them."""
    problems = []
    for kind in KINDS:
        wrong = {
            name: fitting
            for name in getattr(model, kind)
            if (fitting := _other_kind(rows[name], kind))
        }
        if wrong:
            told = ", ".join(
                f"{name!r} ({rows[name].dtype}) is for {fitting}" for name, fitting in wrong.items()
            )
            problems.append(f"{kind!r} lists columns of another kind: {told}")
    if problems:
        raise TrainingRowsError(
            f"model {model.name!r}: {'; '.join(problems)}; correct 'features' in "
            f"conf/models/{model.name}.yml"
        )


def log_idle_columns(rows: pd.DataFrame, model: Model) -> None:
    """Log the features that are null or the same in all rows, of which nothing can be learnt."""
    for name in model.features:
        if len(rows[name].unique()) == 1:
            logger.warning("feature %r has one value, or none, in all %d rows", name, len(rows))


def _other_kind(values: pd.Series, kind: str) -> str | None:
    """Return the kinds that take a column which `kind` does not take; None if it does."""
    present = values.dropna()
    if present.empty:  # of any type
        return None
    found = _type_of(present)
    taken = {
        "numeric": ("number", "whole number", "truth value"),
        "categorical": ("text", "whole number", "truth value"),
        "boolean": ("truth value",),
        "date": ("date",),
        "text": ("text",),
    }
    fitting = [f"{other!r}" for other in KINDS if found in taken[other]]
    return None if found in taken[kind] else " or ".join(fitting) or "no kind"


def _type_of(present: pd.Series) -> str:
    inferred = pd.api.types.infer_dtype(present)
    if inferred in {"datetime", "datetime64", "date"}:
        return "date"
    if inferred == "boolean":
        return "truth value"
    if inferred in {"integer", "floating", "mixed-integer-float", "decimal"}:
        is_whole = (present.astype("float64") % 1 == 0).all()
        return "whole number" if is_whole else "number"
    return "text" if inferred == "string" else inferred
