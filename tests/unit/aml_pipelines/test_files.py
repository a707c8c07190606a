"""Files that are written in one step: the old content or the new one, and never a part."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.files import read_json, whole_file, write_json

if TYPE_CHECKING:
    from pathlib import Path


def test_a_write_that_fails_leaves_the_file_as_it_was_and_no_part_of_the_new_one(
    tmp_path: Path,
) -> None:
    file = tmp_path / "run.json"
    file.write_text("old")

    def write_half() -> None:
        with whole_file(file) as stream:
            stream.write(b"ne")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_half()

    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_threads_that_write_one_file_at_once_leave_the_whole_content_of_one_of_them(
    tmp_path: Path,
) -> None:
    file = tmp_path / "deep" / "run.json"
    contents = [{"writer": writer, "rows": [writer] * 1000} for writer in range(20)]

    with ThreadPoolExecutor(max_workers=8) as threads:
        list(threads.map(lambda content: write_json(file, content), contents))

    assert read_json(file) in contents
    assert [path.name for path in file.parent.iterdir()] == ["run.json"]


def test_a_secret_is_readable_by_its_owner_alone_from_its_first_byte(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"

    with whole_file(file, mode=0o600) as stream:
        (part,) = tmp_path.iterdir()
        assert part.stat().st_mode & 0o777 == 0o600
        stream.write(json.dumps({"key": "x"}).encode())

    assert file.stat().st_mode & 0o777 == 0o600
