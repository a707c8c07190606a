"""Collect everything that is wrong with a pipeline, so that one look shows all of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from conf.yaml_lines import Place

__all__ = ["PipelineError", "Place", "Problems"]


class PipelineError(ValueError):
    """A pipeline is invalid or asks for what cannot be run here; nothing was started."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Problems:
    """The problems found so far, in the order in which they were found."""

    found: list[str] = field(default_factory=list)

    def add(self, place: Place, text: str) -> None:
        problem = f"{place}: {text}"
        if problem not in self.found:
            self.found.append(problem)

    def raise_any(self) -> None:
        """Raise PipelineError with every problem, when there is one."""
        if self.found:
            raise PipelineError(*self.found)
