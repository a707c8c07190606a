"""A step is done again after a conflict with another run, and after no other error."""

from __future__ import annotations

import logging

import pytest
from delta.exceptions import ConcurrentAppendException

from spark_jobs.delta_log import LakeError, WriteConflictError
from spark_jobs.retries import done_again_on_conflict

OURS = WriteConflictError("silver/valid: another run wrote version 3\nmore")


class DeltaConflict(ConcurrentAppendException):  # type: ignore[misc] # delta has no types
    """Delta's exception, which otherwise is made from one of a JVM."""

    def __init__(self) -> None:
        Exception.__init__(self)

    def __str__(self) -> str:
        return "files were added"


class Step:
    """A step that raises errors, one at each time, before it returns what it is given."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.times = 0

    def __call__(self, given: str) -> str:
        self.times += 1
        if self.errors:
            raise self.errors.pop(0)
        return given


def tried(step: Step) -> str:
    @done_again_on_conflict
    def load(given: str) -> str:
        return step(given)

    return load("done")


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


@pytest.mark.parametrize("error", [OURS, DeltaConflict()])
def test_a_step_is_done_again_after_a_conflict(
    error: Exception, slept: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    step = Step(error, error)
    with caplog.at_level(logging.WARNING):
        assert tried(step) == "done"
    assert step.times == 3
    assert 0.25 <= slept[0] <= 0.75
    assert 1.0 <= slept[1] <= 3.0
    assert "load: again in" in caplog.messages[0]
    assert "\n" not in caplog.messages[0]


def test_a_step_fails_by_the_conflict_that_never_ends() -> None:
    step = Step(*[OURS] * 9)
    with pytest.raises(WriteConflictError, match="another run wrote version 3"):
        tried(step)
    assert step.times == 4


def test_another_error_is_raised_at_once() -> None:
    step = Step(LakeError("there is no table yet"))
    with pytest.raises(LakeError, match="there is no table yet"):
        tried(step)
    assert step.times == 1
