"""The page of a profile shows every column, with a picture of what it holds."""

from __future__ import annotations

from html.parser import HTMLParser

from aml_pipelines.drafts.page import profile_page
from tests.unit.aml_pipelines.drafts.test_drafts import column, number, profile


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 # the base names it
        self.counts[tag] = self.counts.get(tag, 0) + 1

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_column_has_a_row_and_what_it_holds_a_picture() -> None:
    found = profile(
        column("cost", common=[["$5 & <b>", 150], ["x", 50]]),
        number("fare", 0, 9, bins=[[0.5, 150.0], [8.5, 50.0]]),
        column("none", present=0, distinct=0, common=[]),
        keys=[["cost", "fare"]],
    )
    page = Elements(profile_page("trips <history>", found))
    assert page.counts["h1"] == 1
    assert page.counts["tr"] == 4
    assert page.counts["svg"] == 2
    assert "b" not in page.counts  # a value is text, and no element
    assert "200 rows in 1 files: 0 are malformed" in page.text
    assert "no two share (cost, fare)" in page.text
    assert "no row has a value" in page.text


def test_a_page_loads_nothing_and_is_the_same_each_time() -> None:
    page = profile_page("trips", profile(column("cost")))
    assert "src=" not in page
    assert "@import" not in page
    assert page == profile_page("trips", profile(column("cost")))
