"""What the executor asks of MLflow: a run for each job, and the folder of its artifacts."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Ended = Literal["FINISHED", "FAILED", "KILLED"]
# Azure uploads these folders of the working directory as artifacts of the job.
KEPT_FOLDERS = ("outputs", "logs")
_NOT_IN_AN_ID = re.compile(r"[^\w-]")


@dataclass(frozen=True)
class TrackedRun:
    """A job, or a node of one, as MLflow's run: its id is the job's own name."""

    name: str
    experiment: str
    display_name: str
    parent: str = ""
    root: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class Tracking(Protocol):
    """MLflow's runs, and where their artifacts are."""

    def begin(self, run: TrackedRun) -> None:
        """Record that a run has begun; an ended run of that name begins again."""
        ...

    def end(self, name: str, status: Ended) -> None:
        """Record how a run ended."""
        ...

    def tag(self, name: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run."""
        ...

    def tag_of(self, name: str, key: str) -> str:
        """Return a tag of a run; empty where it has none of that name."""
        ...

    def reports(self, name: str, metric: str) -> list[float]:
        """Return what a run has logged for a metric, in the order of its steps, without NaN."""
        ...

    def copy(self, earlier: str, name: str) -> None:
        """Copy metrics, parameters and artifacts of the run `earlier` to the run `name`."""
        ...

    def artifacts(self, name: str) -> Path:
        """Return the folder of a run's artifacts."""
        ...


def run_id(name: str) -> str:
    """Return MLflow's id of the job `name`: the same, as far as MLflow takes its characters."""
    return _NOT_IN_AN_ID.sub("-", name)


@contextmanager
def tracked(tracking: Tracking, run: TrackedRun) -> Iterator[None]:
    """Track a run while the block runs: it has failed if an exception ends the block."""
    tracking.begin(run)
    try:
        yield
    except KeyboardInterrupt:
        tracking.end(run.name, "KILLED")
        raise
    except BaseException:
        tracking.end(run.name, "FAILED")
        raise
    tracking.end(run.name, "FINISHED")
