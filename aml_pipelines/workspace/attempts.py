"""Keeps the threads that run jobs and fire schedules alive after an error, which is logged."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

RETRY_SECONDS = 1.0
_log = logging.getLogger(__name__)


@dataclass
class Attempt:
    """A block after which its thread goes on: `error` is what ended the block, if anything did.

    Of any kind, such as a full disk: the end of the thread would be that of all jobs. `otherwise`
    is logged with the error.
    """

    otherwise: str
    error: Exception | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        _log.error("%s", self.otherwise, exc_info=error)
        return True
