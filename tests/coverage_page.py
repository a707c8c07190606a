"""The page that says what of Azure's API and of its client the local workspace serves.

`python -m tests.coverage_page` writes its tables anew, from what the workspace answers.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
_REQUEST = re.compile(r"(?:[A-Z]+ )?/\S+: ")
OPERATIONS, METHODS = "operations", "methods"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with its totals above it; the last cell of a row is what becomes of it."""
    kinds = Counter(row[-1].partition(":")[0] for row in rows)
    totals = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), reverse=True))
    lines = [f"{len(rows)}: {totals}.", "", _row(heads), _row(["---"] * len(heads))]
    return "\n".join([*lines, *(_row(row) for row in rows)]) + "\n"


def reason(message: str) -> str:
    """Return why a request was refused, without the request that a message begins with."""
    return _REQUEST.sub("", " ".join(message.split()))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def written(part: str) -> str:
    """Return what the page has between the markers of `part`."""
    return _split(part)[1]


def totals(part: str) -> str:
    """Return the totals of a part, as its first line has them."""
    return written(part).partition("\n")[0]


def write(part: str, text: str) -> None:
    """Replace what the page has between the markers of `part`."""
    before, _, after = _split(part)
    PAGE.write_text(before + text + after, encoding="utf-8")


def _split(part: str) -> tuple[str, str, str]:
    begin, end = (
        f"<!-- {part}: {word} -->\n" for word in ("made by tests/coverage_page.py", "end")
    )
    before, found, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    content, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{PAGE} has no part between {begin!r} and {end!r}")
    return before + found, content, ended + after


def _main() -> None:
    # Imported here: the tests that compare one part need not import the other's client.
    from tests.contract.coverage_of_operations import operation_table  # noqa: PLC0415 # above
    from tests.integration.coverage_of_methods import method_table  # noqa: PLC0415 # above

    with TemporaryDirectory() as folder:
        write(OPERATIONS, operation_table(Path(folder) / "operations"))
        write(METHODS, method_table(Path(folder) / "methods"))


if __name__ == "__main__":
    _main()
