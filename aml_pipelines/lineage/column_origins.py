"""From which columns those of a table were made, as far as contracts and models say it exactly.

Features are what a feature set computes: nothing but its code says from what, so they have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conf.dataset_learning import SPLITS
from conf.document import ConfError
from conf.model import load_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

IDENTITY, TRANSFORMATION = "IDENTITY", "TRANSFORMATION"
# The table that each is made of, column by column, and what becomes of a value on its way.
_MADE_OF = {
    "valid": ("bronze", TRANSFORMATION),
    "duplicates": ("bronze", TRANSFORMATION),
    **dict.fromkeys((*SPLITS, "batch"), ("features", IDENTITY)),
    "scores": ("batch", IDENTITY),
}
_OF_MODEL = ("score", "class")


@dataclass(frozen=True)
class Table:
    """A table that a step reads, with the names of its columns."""

    uri: str
    columns: Sequence[str]


@dataclass(frozen=True)
class Origin:
    """A column that another one was made from, and how: as it is, or by a transformation."""

    uri: str
    column: str
    how: str


def origins_of(
    table: str, columns: Iterable[str], read: Mapping[str, Table], *, model_name: str | None
) -> dict[str, list[Origin]]:
    """Return the origins of columns of a table, such as flights/valid, among the tables read.

    Columns of the lake's own, such as `_row_id`, are passed on as they are. Scores are made of
    the model's features.
    """
    dataset, _, name = table.partition("/")
    made_of, how = _MADE_OF.get(name, ("", IDENTITY))
    source = read.get(f"{dataset}/{made_of}")
    if source is None:
        return {}
    there = set(source.columns)
    found = {
        column: [Origin(source.uri, column, IDENTITY if column.startswith("_") else how)]
        for column in columns
        if column in there
    }
    if name == "scores":
        features = [each for each in _features(model_name) if each in there]
        made = [Origin(source.uri, each, TRANSFORMATION) for each in features]
        found |= {column: made for column in _OF_MODEL if made}
    return found


def _features(model_name: str | None) -> Sequence[str]:
    try:
        return load_model(model_name).features if model_name else ()
    except ConfError:
        return ()  # of another repository, or taken away since
