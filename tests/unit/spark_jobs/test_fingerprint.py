"""The name of a version tells the table, the number and the commit, and is read back."""

from __future__ import annotations

import pytest

from spark_jobs.fingerprint import parse_version, version_of
from spark_jobs.receipt import TableReceipt


@pytest.mark.parametrize("commit", ["", "4f1b-22"])
def test_the_name_of_a_version_is_read_back(commit: str) -> None:
    table = TableReceipt("lake/silver/trips/valid", "id-1", 12, 1, 1, commit=commit)
    assert parse_version(version_of(table)) == ("id-1", 12, commit)


def test_versions_of_one_number_have_names_of_their_own() -> None:
    names = {
        version_of(TableReceipt("lake/silver/trips/valid", "id-1", 12, 1, 1, commit=commit))
        for commit in ("", "4f1b", "4f1c")
    }
    assert len(names) == 3


@pytest.mark.parametrize("text", ["", "id-1", "id-1@", "id-1@newest"])
def test_other_texts_are_no_versions(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        parse_version(text)
