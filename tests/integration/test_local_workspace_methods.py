"""Every public method of MLClient's collections is called, and the page says what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.coverage_page import METHODS, written
from tests.integration.coverage_of_methods import method_table

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk


def test_the_page_has_every_method_of_the_client_with_what_became_of_its_call(
    tmp_path: Path,
) -> None:
    made = method_table(tmp_path)
    assert written(METHODS).splitlines() == made.splitlines(), "python -m tests.coverage_page"
    assert "| not found: " not in made
