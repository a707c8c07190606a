"""What the pages say is served is what the workspace answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.coverage_of_operations import operation_table, operations
from tests.coverage_page import METHODS, OPERATIONS, PAGE, totals, written

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore"),  # importing the SDK warns of marshmallow and urllib3
]


def test_the_page_has_every_operation_of_the_api_as_the_workspace_answers_it(
    tmp_path: Path,
) -> None:
    says = "write it anew: python -m tests.coverage_page"
    assert written(OPERATIONS).splitlines() == operation_table(tmp_path).splitlines(), says


def test_no_operation_of_the_api_is_without_a_route(tmp_path: Path) -> None:
    assert [item.name for item in operations(tmp_path) if item.here == "not served"] == []


def test_the_readme_has_the_totals_of_the_page() -> None:
    text = " ".join((PAGE.parents[1] / "README.md").read_text(encoding="utf-8").split())
    assert f"operations of its API ({totals(OPERATIONS).rstrip('.')})" in text
    assert f"methods of `MLClient` ({totals(METHODS).rstrip('.')})" in text
