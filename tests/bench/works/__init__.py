"""The work that is measured: each module yields some, for a size."""

from __future__ import annotations

from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.sizes import Size

# Several cold runs each, which say nothing of few rows: at the small size only if they are named.
LONG = frozenset({"cold_spark", "daily_commits", "growth", "main_job", "one_day", "skew"})
# What `make bench CLUSTER=1` measures, and nothing else does.
CLUSTER = "cluster"


def all_works() -> list[str]:
    """Return the names of the modules of work."""
    return sorted(module.name for module in iter_modules(__path__))


def works_of(size: Size) -> list[str]:
    """Return the names of the modules that are measured at a size where none is named."""
    left_out = {CLUSTER, *(LONG if size.is_small else ())}
    return [name for name in all_works() if name not in left_out]
