"""The repository works from any folder of any machine: no file of it knows where it stands."""

from __future__ import annotations

import re

from tests.contract.files import REPOSITORY, files_of_git

HOME = re.compile(rb"/(?:home|root|Users|work)/[\w.]")


def test_no_file_holds_a_path_of_one_machine() -> None:
    clone = str(REPOSITORY).encode()
    contents = {file: file.read_bytes() for file in files_of_git()}
    holding = [
        str(file.relative_to(REPOSITORY))
        for file, content in contents.items()
        if clone in content or HOME.search(content)
    ]
    assert len(contents) > 100
    assert holding == []
