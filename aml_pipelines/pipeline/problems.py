"""Collects all problems of a pipeline, so that one look shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.errors import PipelineError

if TYPE_CHECKING:
    from conf.yaml_lines import Place


@dataclass(frozen=True)
class Finding:
    """Something that Azure will do otherwise than meant: it `fails`, or it only costs."""

    place: Place
    text: str
    fails: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass
class Problems:
    """Problems in the order in which they were found, and notes of what changes nothing."""

    found: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, place: Place, text: str) -> None:
        problem = f"{place}: {text}"
        if problem not in self.found:
            self.found.append(problem)

    def note(self, place: Place, text: str) -> None:
        """Record what is accepted and changes nothing here, to be said once."""
        note = f"{place}: {text}"
        if note not in self.notes:
            self.notes.append(note)

    def note_once(self, subject: str, place: Place, text: str) -> None:
        """Record a note about `subject`, unless there is one already."""
        if not any(f": {subject!r} " in note for note in self.notes):
            self.note(place, f"{subject!r} {text}")

    def raise_any(self) -> None:
        """Raise PipelineError with every problem, when there is one."""
        if self.found:
            raise PipelineError(*self.found)
