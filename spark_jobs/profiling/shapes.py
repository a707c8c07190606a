"""The ways in which people write values: numbers, dates, truth values, and texts for none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Texts by which files say that there is no value, in lower case.
NULL_TEXTS = (
    *("na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing", "unknown"),
    *("?", "-", "--", ".", "\\n", "(null)", "not available"),
)


@dataclass(frozen=True)
class Shape:
    """A way to write the values of a type: a pattern of Java, and for moments a format of Spark.

    `keys` are what a column of a contract states so that its values are read like this.
    """

    name: str
    type: str
    pattern: str
    format: str | None = None
    keys: Mapping[str, object] = field(default_factory=dict, hash=False)


def _moment(kind: str, pattern: str, written: str) -> Shape:
    return Shape(written, kind, pattern, written, {"formats": [written]})


_DAY = r"[0-9]{1,2}"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}"
_MONTH = r"[A-Za-z]{3}"
# In the order in which they are tried: the first that all values of a column have is its shape.
SHAPES = (
    Shape("int", "int", r"^[+-]?[0-9]{1,9}$"),
    Shape("long", "long", r"^[+-]?[0-9]{1,18}$"),
    Shape("double", "double", r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"),
    Shape("decimal comma", "double", r"^[+-]?[0-9]+(,[0-9]+)?$", keys={"decimal_mark": ","}),
    Shape(
        "decimal comma, thousands by point",
        "double",
        r"^[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?$",
        keys={"decimal_mark": ",", "thousands": "."},
    ),
    Shape(
        "thousands by comma",
        "double",
        r"^[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?$",
        keys={"thousands": ","},
    ),
    Shape("boolean", "boolean", r"(?i)^(true|false|yes|no)$"),
    Shape("ISO day", "date", r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$", "yyyy-M-d"),
    Shape(
        "ISO moment",
        "timestamp",
        rf"^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}[T ]{_CLOCK}(:[0-9]{{2}}(\.[0-9]+)?)?"
        r"([ ]?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?$",
    ),
    _moment("date", rf"^{_DAY}\.{_DAY}\.[0-9]{{4}}$", "d.M.yyyy"),
    # Of the next two most of the world writes the first.
    _moment("date", rf"^{_DAY}/{_DAY}/[0-9]{{4}}$", "d/M/yyyy"),
    _moment("date", rf"^{_DAY}/{_DAY}/[0-9]{{4}}$", "M/d/yyyy"),
    _moment("date", rf"^{_DAY}-{_DAY}-[0-9]{{4}}$", "d-M-yyyy"),
    _moment("date", rf"^[0-9]{{4}}/{_DAY}/{_DAY}$", "yyyy/M/d"),
    _moment("date", rf"^{_DAY}[ ]{_MONTH}[ ][0-9]{{4}}$", "d MMM yyyy"),
    _moment("date", rf"^{_DAY}-{_MONTH}-[0-9]{{4}}$", "d-MMM-yyyy"),
    _moment("date", rf"^{_MONTH}[ ]{_DAY}[ ][0-9]{{4}}$", "MMM d yyyy"),
    _moment("date", rf"^{_MONTH}[ ]{_DAY},[ ][0-9]{{4}}$", "MMM d, yyyy"),
    _moment("timestamp", rf"^{_DAY}\.{_DAY}\.[0-9]{{4}}[ ]{_CLOCK}$", "d.M.yyyy H:mm"),
    _moment(
        "timestamp", rf"^{_DAY}\.{_DAY}\.[0-9]{{4}}[ ]{_CLOCK}:[0-9]{{2}}$", "d.M.yyyy H:mm:ss"
    ),
    _moment("timestamp", rf"^{_DAY}/{_DAY}/[0-9]{{4}}[ ]{_CLOCK}$", "d/M/yyyy H:mm"),
    _moment("timestamp", rf"^{_DAY}/{_DAY}/[0-9]{{4}}[ ]{_CLOCK}$", "M/d/yyyy H:mm"),
    _moment("timestamp", rf"^{_DAY}/{_DAY}/[0-9]{{4}}[ ]{_CLOCK}:[0-9]{{2}}$", "d/M/yyyy H:mm:ss"),
    _moment("timestamp", rf"^{_DAY}/{_DAY}/[0-9]{{4}}[ ]{_CLOCK}:[0-9]{{2}}$", "M/d/yyyy H:mm:ss"),
)
BY_NAME = {shape.name: shape for shape in SHAPES}
# A number with a zero before it is a code: as a number it would lose that.
CODE = r"^0[0-9]+$"
