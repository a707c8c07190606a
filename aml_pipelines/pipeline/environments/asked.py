"""What an environment asks for: packages, programs, a version of Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection

    from packaging.requirements import Requirement


@dataclass(frozen=True)
class Asked:
    """The content of an environment, as far as its file or its name says.

    `python` is a version such as 3.10, `programs` are conda packages that are no Python packages,
    `options` are those of pip, such as further indexes, and `unread` are lines that say nothing a
    package of this machine could be compared with.
    """

    packages: tuple[Requirement, ...] = ()
    python: str = ""
    programs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def without(self, names: Collection[str]) -> Asked:
        """Return what is asked for beside the packages with these names."""
        packages = tuple(
            item for item in self.packages if canonicalize_name(item.name) not in names
        )
        return replace(self, packages=packages)

    def __add__(self, other: Asked) -> Asked:
        return Asked(
            self.packages + other.packages,
            other.python or self.python,
            self.programs + other.programs,
            self.options + other.options,
            self.unread + other.unread,
        )
