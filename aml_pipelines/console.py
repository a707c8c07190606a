"""Shows a run while it goes on: a live table on a terminal, a line per event elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator


# Elsewhere than on a terminal a script reads the table, and no line may be cut.
_WIDE = 1000
_CONSOLE = Console(highlight=False, soft_wrap=True, markup=False)


def say(text: str) -> None:
    """Print a line of the program's output."""
    _CONSOLE.print(text)


def show_table(table: Table) -> None:
    """Print a table: cut to a terminal's width, whole elsewhere."""
    Console(highlight=False, width=None if _CONSOLE.is_terminal else _WIDE).print(table)


class Lines:
    """Prints a line per node, when it ends."""

    def began(self, node: str) -> None:
        """Print nothing: the line of a node's end has its name and seconds."""

    def ended(self, node: str, status: str, seconds: float, *, reused: bool) -> None:
        say(f"  {node:<28} {'reused' if reused else status.lower():<10} {seconds:6.1f} s")


class LiveTable:
    """A table of all nodes that run or have ended, drawn several times a second."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._ended: dict[str, tuple[str, float]] = {}

    def began(self, node: str) -> None:
        self._began[node] = time.monotonic()

    def ended(self, node: str, status: str, seconds: float, *, reused: bool) -> None:
        self._ended[node] = ("reused" if reused else status.lower(), seconds)

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        for node, began in list(self._began.items()):
            status, seconds = self._ended.get(node, ("running", now - began))
            style = {"failed": "red", "running": "yellow"}.get(status, "green")
            table.add_row(f"  {node}", status, f"{seconds:6.1f} s", style=style)
        return table


@contextmanager
def live_or_lines(*, plain: bool = False) -> Iterator[Progress]:
    """Show nodes as they begin and end: a live table on a terminal, lines elsewhere.

    With `plain`, a terminal gets lines too: it is another program's meanwhile.
    """
    if plain or not _CONSOLE.is_terminal:
        yield Lines()
        return
    table = LiveTable()
    with Live(table, console=_CONSOLE, refresh_per_second=8):
        yield table


class Progress(Protocol):
    """Receives the begin and the end of each node."""

    def began(self, node: str) -> None: ...

    def ended(self, node: str, status: str, seconds: float, *, reused: bool) -> None: ...
