"""The client's dots of progress do not reach what a verb prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.azure.waiting import ended

if TYPE_CHECKING:
    import pytest


class Poller:
    """An operation as the client has it, which prints a dot for each look."""

    def __init__(self, name: str) -> None:
        self._name = name

    def result(self) -> str:
        print(".", end="", flush=True)  # noqa: T201 # as the client does
        return self._name


def test_dots_go_to_standard_error_and_the_result_is_returned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ended(Poller, "made") == "made"  # type: ignore[arg-type] # as much of a poller as is used
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", ".")
