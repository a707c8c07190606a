"""What several of these tests begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.azure_verbs import Typed


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    from tests.integration.azure_verbs import typing_at  # noqa: PLC0415 # tables need no workspace

    with typing_at(tmp_path / "lake", capsys) as here:
        yield here
