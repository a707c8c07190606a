"""docs/parity.md is what the fixtures of recorded sessions say; their replay holds them."""

from __future__ import annotations

import re

from tests.conformance.fixtures import areas
from tests.conformance.page import PAGE, page
from tests.conformance.replay import stated


def test_the_page_of_parity_is_what_the_fixtures_say() -> None:
    assert PAGE.read_text("utf-8") == page(areas(), stated), "make conformance"


def test_the_readme_has_the_total_of_the_page() -> None:
    (total,) = re.findall(r"\*\*(\d+ of \d+ exchanges are equal)", PAGE.read_text(encoding="utf-8"))
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"[{total}](docs/parity.md)" in " ".join(readme.split())
