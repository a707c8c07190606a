"""A step that another run got in the way of is done again: it then finds what that run has left."""

from __future__ import annotations

import logging
import random
import time
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from delta import exceptions

from spark_jobs.delta_log import WriteConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Returned = TypeVar("Returned")
LOGGER = logging.getLogger(__name__)
# Seconds before each further try, about which each run waits a time of its own.
WAITS = (0.5, 2.0, 8.0)
# Delta's Python classes for its conflicts have no class in common.
CONFLICTS = (
    WriteConflictError,
    exceptions.DeltaConcurrentModificationException,
    exceptions.ConcurrentWriteException,
    exceptions.MetadataChangedException,
    exceptions.ProtocolChangedException,
    exceptions.ConcurrentAppendException,
    exceptions.ConcurrentDeleteReadException,
    exceptions.ConcurrentDeleteDeleteException,
    exceptions.ConcurrentTransactionException,
)


def done_again_on_conflict(step: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Let a step whose writes can be repeated do them again when another run wrote meanwhile.

    It fails by the last conflict when there is one in each try.
    """

    @wraps(step)
    def tried(*args: Given.args, **named: Given.kwargs) -> Returned:
        for wait in WAITS:
            try:
                return step(*args, **named)
            except CONFLICTS as error:
                seconds = wait * random.uniform(0.5, 1.5)  # noqa: S311 # no secret
                first, *_ = str(error).splitlines() or [type(error).__name__]
                LOGGER.warning("%s: again in %.1f s, after: %s", step.__name__, seconds, first)
                time.sleep(seconds)
        return step(*args, **named)

    return tried
