"""Turns what Spark says of a faulty store into a sentence: which table, which file, what helps."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from spark_jobs.broken_table import broken_log, data_files_in, unreadable_file
from spark_jobs.delta_log import CommitError
from spark_jobs.java_errors import reason_of
from spark_jobs.unavailable import is_unavailable, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import SparkSession

StepArguments = ParamSpec("StepArguments")
StepResult = TypeVar("StepResult")


def naming_faults(
    step: Callable[Concatenate[SparkSession, StepArguments], StepResult],
) -> Callable[Concatenate[SparkSession, StepArguments], StepResult]:
    """Let a step say which table a fault of the store is of, and what helps."""

    @wraps(step)
    def named(
        spark: SparkSession, /, *args: StepArguments.args, **others: StepArguments.kwargs
    ) -> StepResult:
        with faults_named(
            spark, f"{others.get('lake_uri')}: {step.__name__} cannot read its tables"
        ):
            return step(spark, *args, **others)

    return named


@contextmanager
def faults_named(spark: SparkSession, reading: str) -> Iterator[None]:
    """Raise what helps: UnavailableError, BrokenTableError for a damaged file, or else the error.

    What could not be written is in the note that `commits.py` leaves on an error. `reading` is what
    is said of a read that fails: Java does not always name the file.
    """
    try:
        yield
    except CommitError as error:
        raise broken_log(spark, error) from error
    except (Py4JJavaError, PySparkException) as error:
        if is_unavailable(error):
            what = _undone(error, reading)
            raise unavailable(error, what, what.partition(": ")[0]) from error
        broken = unreadable_file(spark, str(error), reason_of(error))
        if broken:
            raise broken from error
        raise


def _undone(error: Py4JJavaError | PySparkException, reading: str) -> str:
    """Say what was not done: the note of a write, or the table of the file that was read."""
    notes: list[str] = getattr(error, "__notes__", [])
    named = [f"{uri}: cannot be read" for uri, _ in data_files_in(str(error))]
    return next(iter([*notes, *named]), reading)
