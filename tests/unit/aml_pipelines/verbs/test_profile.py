"""`profile` refuses what it cannot read before a JVM is started."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.verbs import profile
from conf.errors import UserError
from tests.contracts import contract_of

if TYPE_CHECKING:
    from conf.dataset import Dataset

TRIPS = """
sources:
  history: {path: raw/trips, format: delta}
columns: {trip: {type: int, required: true}}
key: [trip]
"""


def trips(_: str) -> Dataset:
    return contract_of(TRIPS)


def no_script(*_: object, **__: object) -> None:
    raise AssertionError("a JVM would have been started")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trips"], "source 'history' of 'trips' is a Delta table, and no files"),
        (["trips", "--source", "batch"], r"has no source 'batch'; it has \['history'\]"),
        (["trips", "--target", "dev"], "the lake of target 'dev' is no folder here"),
    ],
)
def test_what_has_no_files_here_is_refused(
    monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.setattr(profile, "load_dataset", trips)
    monkeypatch.setattr(profile, "profile_files", no_script)
    parser = argparse.ArgumentParser()
    profile.add_arguments(parser)
    with pytest.raises(UserError, match=message):
        profile.main(parser.parse_args(words))
