"""Reads the end of a log."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LAST_LINES = 20


def last_lines(log: Path) -> list[str]:
    """Return the last lines of a log; none where there is no log."""
    if not log.is_file():
        return []
    with log.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip("\n") for line in deque(lines, _LAST_LINES)]
