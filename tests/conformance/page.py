"""Writes docs/parity.md: what became of each recorded exchange here."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from conf.target import REPOSITORY
from tests.conformance.fixtures import tolerances

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.conformance.fixtures import Area, Exchange, Recording
    from tests.conformance.replay import Outcome

PAGE = REPOSITORY / "docs" / "parity.md"
_HEAD = """\
# Parity with recorded sessions

The official client has tests of its own, and recorded sessions of Azure Machine Learning for them,
which are public: `Azure/azure-sdk-assets`, `python/sdk/ml/azure-ai-ml/tests/recordings`. What
an answer of a session has (status, headers that clients read, keys, types, nulls, spellings, error
codes) is written down in `tests/conformance/recorded`, in names and values of our own.

`make conformance` replays it against the local workspace and writes this page. `make test` replays
it too: what is equal stays equal, and what is not has a reason here.
"""


def page(areas: Sequence[Area], outcome: Callable[[Exchange], Outcome]) -> str:
    """Return the text of the page, with `outcome` as what became of an exchange."""
    exchanges = [item for area in areas for item in _exchanges(area)]
    verdicts = Counter(outcome(item).verdict for item in exchanges)
    total = f"{verdicts['equal']} of {len(exchanges)} exchanges are equal"
    totals = (
        f"**{total} ({verdicts['equal'] / len(exchanges):.0%})**, {verdicts['differs']} differ, "
        f"{verdicts['refused']} are refused by name.\n"
    )
    rows = [f"| `{item.begins}` {item.request} | {item.reason} |" for item in tolerances()]
    sections = [_section(area, outcome) for area in areas]
    title = ("## What does not count\n", "| difference | why |", "|---|---|")
    return "\n".join([_HEAD, totals, *sections, *title, *rows, ""])


def _section(area: Area, outcome: Callable[[Exchange], Outcome]) -> str:
    rows = [
        f"| {exchange.operation} | {template(exchange.request)} | {recording.date} "
        f"| {_verdict(outcome(exchange))} |"
        for recording in area.recordings
        for exchange in recording.exchanges
    ]
    title = area.name[0].upper() + area.name[1:]
    text = "\n".join(
        [f"## {title}\n", "| operation | request | recorded | here |", "|---|---|---|---|"]
    )
    return "\n".join([text, *rows, "", *_left(area.recordings, outcome)])


def _left(recordings: Sequence[Recording], outcome: Callable[[Exchange], Outcome]) -> list[str]:
    left = []
    for exchange in (item for recording in recordings for item in recording.exchanges):
        found = outcome(exchange)
        if found.verdict != "equal":
            left += [f"**{exchange.operation}**: {exchange.reason}\n"]
            left += [*(f"- `{line}`" for line in found.lines), ""]
    return left


def _exchanges(area: Area) -> list[Exchange]:
    return [exchange for recording in area.recordings for exchange in recording.exchanges]


def template(request: str) -> str:
    """Return a request below the workspace without its names and its query."""
    method, path = request.split(" ", 1)
    segments = path.partition("?")[0].split("/")
    words = [word if place % 2 == 0 else "…" for place, word in enumerate(segments)]
    return f"`{method} {'/'.join(words)}`"


def _verdict(outcome: Outcome) -> str:
    return outcome.verdict if outcome.verdict == "equal" else f"**{outcome.verdict}**"
