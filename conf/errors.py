"""The root of every error that the person at the keyboard can put right."""

from __future__ import annotations


class UserError(Exception):
    """A mistake in what was typed or in a file, one line in `problems` for each.

    It is no ValueError: Python raises those for defects of ours, which must show their traceback.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
