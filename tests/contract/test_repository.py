"""The repository works from any folder of any machine: no file of it knows where it stands."""

from __future__ import annotations

import re
import subprocess

from tests.contract.files import REPOSITORY

HOME = re.compile(rb"/(?:home|root|Users|work)/[\w.]")


def test_no_file_holds_a_path_of_one_machine() -> None:
    command = ["git", "-C", str(REPOSITORY), "ls-files", "-z", "--cached"]
    listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    files = [REPOSITORY / name for name in listed.split("\0") if name]
    clone = str(REPOSITORY).encode()
    contents = {file: file.read_bytes() for file in files if file.is_file()}
    holding = [
        str(file.relative_to(REPOSITORY))
        for file, content in contents.items()
        if clone in content or HOME.search(content)
    ]
    assert len(contents) > 100
    assert holding == []
