"""Evictions that are planned for nodes: the compute takes a node away, and it starts again.

Azure does so with low-priority machines and spot tiers. A node that is evicted may have written
some of its outputs; its code is staged anew, and its outputs stay as they are.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from aml_pipelines.processes import Processes

_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class EvictionRule:
    """Nodes whose names match the pattern `node` are evicted `seconds` after they have started.

    It happens `times` times to each of them in a job.
    """

    node: str = "*"
    times: int = 1
    seconds: float = 1.0


class Eviction:
    """Whether one start of a node was evicted, which is known when the block has ended."""

    def __init__(self) -> None:
        self.happened = False


class Evictions:
    """The evictions to come in one job."""

    def __init__(self, rules: Sequence[EvictionRule] = ()) -> None:
        self._rules = rules
        self._had: Counter[tuple[str, EvictionRule]] = Counter()

    @contextmanager
    def of(self, node: str, folder: Path, processes: Processes) -> Iterator[Eviction]:
        """Evict the block's node, whose processes have their logs in `folder`, if it is due."""
        eviction, ended = Eviction(), threading.Event()
        rule = self._due(node)
        if rule is None:
            yield eviction
            return

        def evict() -> None:
            pause = rule.seconds
            while not ended.wait(pause):
                if processes.kill_those_of(folder):
                    eviction.happened = True
                    self._had[node, rule] += 1
                    return
                pause = _LOOK_SECONDS

        striking = threading.Thread(target=evict, daemon=True)
        striking.start()
        try:
            yield eviction
        finally:
            ended.set()
            striking.join()

    def _due(self, node: str) -> EvictionRule | None:
        return next(
            (
                rule
                for rule in self._rules
                if fnmatchcase(node, rule.node) and self._had[node, rule] < rule.times
            ),
            None,
        )
