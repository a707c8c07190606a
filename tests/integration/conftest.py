"""What several of these tests begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.azure_verbs import Typed, typing_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    with typing_at(tmp_path / "lake", capsys) as here:
        yield here
