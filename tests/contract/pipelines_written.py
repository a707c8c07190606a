"""Pipelines that a test writes, beside a template that they may use."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from tests.contract.pipelines_expanded import Expansion

if TYPE_CHECKING:
    from pathlib import Path

MAIN = "refs/heads/main"
GREET = """
    parameters:
      - {name: who, type: string}
      - {name: times, type: number, default: 1}
      - {name: tone, type: string, default: kind, values: [kind, stern]}
      - {name: before, type: stepList, default: []}
    steps:
      - ${{ parameters.before }}
      - script: greet ${{ parameters.who }} ${{ parameters.times }} ${{ parameters.tone }}
"""


def expanded(
    folder: Path, stated: str, *, branch: str = MAIN, **given: object
) -> dict[str, object]:
    """Expand a pipeline that stands beside the template greet.yml."""
    (folder / "greet.yml").write_text(dedent(GREET))
    (folder / "pipeline.yml").write_text(dedent(stated))
    return Expansion(branch).pipeline(folder / "pipeline.yml", given)
