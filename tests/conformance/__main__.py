"""Replays all recorded sessions, and writes docs/parity.md: python -m tests.conformance."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.conformance.fixtures import areas, tolerances
from tests.conformance.page import PAGE, page
from tests.conformance.replay import replay, stated


def main() -> int:
    """Return 0 if every exchange came out as its file says; else print what it is now."""
    everything, tolerated, outcomes, changed = areas(), tolerances(), {}, 0
    for area in everything:
        for recording in area.recordings:
            with tempfile.TemporaryDirectory() as lake:
                for exchange, outcome in replay(recording, Path(lake), tolerated):
                    outcomes[id(exchange)] = outcome
                    if outcome != stated(exchange):
                        changed += 1
                        print(f"{area.name}: {exchange.operation}: {outcome.verdict}")
                        print("".join(f"    {line}\n" for line in outcome.lines), end="")
    PAGE.write_text(page(everything, lambda exchange: outcomes[id(exchange)]), "utf-8")
    print(f"wrote {PAGE.name}; {changed} exchanges are not as their files say")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
