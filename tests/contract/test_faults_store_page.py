"""docs/faults-store.md names every fault of the store that is tried, and no other."""

from __future__ import annotations

from conf.target import REPOSITORY
from tests.integration.test_broken_tables import DAMAGES
from tests.integration.test_faulty_store import DONE_UNHEARD, FAULTS, LASTING, PLACES

PAGE = (REPOSITORY / "docs" / "faults-store.md").read_text("utf-8")


def rows_of(title: str) -> list[list[str]]:
    """Return the cells of the table below a title: first its head, then its rows."""
    text = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|") and "---" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_has_each_damage_of_a_table() -> None:
    _, *rows = rows_of("Files of a table are lost or damaged")
    assert [row[0] for row in rows] == list(DAMAGES)


def test_the_page_has_each_failure_of_the_store_at_each_place() -> None:
    head, *rows = rows_of("The store fails")
    assert head[1:] == list(PLACES)
    outcomes = {row[0]: row[1:] for row in rows}
    assert outcomes == {fault: [due(fault, place) for place in PLACES] for fault in FAULTS}


def due(fault: str, place: str) -> str:
    """Return what becomes of a fault that happens twice, and of one that stays if it can."""
    if fault not in LASTING:
        return "passes"
    return "passes; passes" if (fault, place) == DONE_UNHEARD else "passes; ends"


def test_the_page_of_crashes_leads_to_it() -> None:
    assert "(faults-store.md)" in (REPOSITORY / "docs" / "faults.md").read_text("utf-8")
