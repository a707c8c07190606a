"""What Spark's errors say in one line: the cause that they began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError

if TYPE_CHECKING:
    from py4j.java_gateway import JavaObject
    from pyspark.errors import PySparkException


def reason_of(error: Py4JJavaError | PySparkException) -> str:
    """Return the first line of what went wrong, with Java's name of it where Spark has none."""
    causes = causes_of(error)
    if not causes:
        return _first_line(str(error))
    name, message = str(causes[-1].getClass().getSimpleName()), causes[-1].getMessage()
    return f"{name}: {_first_line(str(message))}" if message else name


def causes_of(error: Py4JJavaError | PySparkException) -> list[JavaObject]:
    """Return an error of Java's and its causes, the first one last; none of an error of Spark's."""
    if not isinstance(error, Py4JJavaError):
        return []
    causes = [error.java_exception]
    while causes[-1].getCause() is not None:
        causes.append(causes[-1].getCause())
    return causes


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), text)
