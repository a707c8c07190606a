"""Waits for operations that the client begins, and keeps standard output for what verbs print."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.polling import LROPoller

P = ParamSpec("P")
T = TypeVar("T")


def ended(begin: Callable[P, LROPoller[T]], *arguments: P.args, **named: P.kwargs) -> T:
    """Begin an operation, wait for its end, and return its result.

    The client prints a dot for each look at it, whatever it was told of progress: to standard
    error here, so that what a verb prints can be read by a program.
    """
    with redirect_stdout(sys.stderr):
        return begin(*arguments, **named).result()
