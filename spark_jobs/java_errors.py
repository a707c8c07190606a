"""What Spark's errors say in one line: the cause that they began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError

if TYPE_CHECKING:
    from pyspark.errors import PySparkException


def reason_of(error: Py4JJavaError | PySparkException) -> str:
    """Return the first line of what went wrong, with Java's name of it where Spark has none."""
    if not isinstance(error, Py4JJavaError):
        return _first_line(str(error))
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    name, message = str(cause.getClass().getSimpleName()), cause.getMessage()
    return f"{name}: {_first_line(str(message))}" if message else name


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), text)
