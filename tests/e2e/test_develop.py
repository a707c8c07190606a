"""The walk of docs/develop.md: each file of it is written and each command typed, in order."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.contract.files import copy_repository
from tests.e2e.lake_runs import REPOSITORY, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow]

PAGE = REPOSITORY / "docs" / "develop.md"
NOT_TYPED = ("make ",)  # .venv is there, and these are the tests and checks that run this test
BLOCK = re.compile(
    r"(?:^`(?P<file>[^`\n]+)`(?P<appended>, at its end)?:\n\n)?"
    r"^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One code block of the page, and the file that the line above it names."""

    language: str
    text: str
    file: str | None
    is_appended: bool


def blocks() -> list[Block]:
    found = BLOCK.finditer(PAGE.read_text("utf-8"))
    return [Block(b["language"], b["text"], b["file"], bool(b["appended"])) for b in found]


def commands(block: Block) -> Iterator[str]:
    for line in block.text.replace("\\\n", " ").splitlines():
        command = line.partition("  #")[0].strip()
        if command and not command.startswith(NOT_TYPED):
            yield command


def type_in(repository: Path, command: str) -> str:
    done = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTHONPATH", "PYSPARK"))},
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def write(repository: Path, block: Block, name: str) -> None:
    file = repository / name
    assert file.is_file() == block.is_appended, f"{name} is there, or is not"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(block.text)


def test_the_page_does_what_it_says_in_the_order_it_says_it(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    (tmp_path / ".venv").symlink_to(REPOSITORY / ".venv")
    said = ""
    for block in blocks():
        if block.file:
            write(tmp_path, block, block.file)
            if block.file == "aml_pipelines/data.yml":
                assert all(line in said for line in block.text.splitlines()), "as `new` prints it"
        elif block.language == "sh":
            said = "".join(type_in(tmp_path, command) for command in commands(block))
        else:
            assert block.language == "text", f"no line above names a file for:\n{block.text}"
            assert [line for line in block.text.splitlines() if line not in said] == [], said
    complete = rows_of(tmp_path / ".lake" / "gold" / "rides" / "complete_rows")
    assert [row["ride"] for row in complete] == [3, 8, 9]
    (quarantined,) = rows_of(tmp_path / ".lake" / "quarantine" / "rides" / "rows")
    assert quarantined["broken_rules"] == ["a_ride_takes_time"]
