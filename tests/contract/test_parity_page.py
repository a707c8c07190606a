"""docs/parity.md is what the fixtures of recorded sessions say; their replay holds them."""

from __future__ import annotations

from tests.conformance.fixtures import areas
from tests.conformance.page import PAGE, page
from tests.conformance.replay import stated


def test_the_page_of_parity_is_what_the_fixtures_say() -> None:
    assert PAGE.read_text("utf-8") == page(areas(), stated), "make conformance"
