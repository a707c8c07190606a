"""Stores submitted jobs: their bodies, their states, their graphs."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from aml_pipelines.errors import ConflictError, NotFoundError
from aml_pipelines.execution.touched import Touched
from aml_pipelines.pipeline.node_names import possible_nodes
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.sqlite import SqliteFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from pathlib import Path

JobState = Literal["Queued", "Started", "Completed", "Failed", "Canceled"]
# A job in one of these has ended.
FINAL: tuple[JobState, ...] = ("Completed", "Failed", "Canceled")
EVERYTHING = Touched(("/",), needs_spark=True)
_TABLES = """
CREATE TABLE job (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
  properties TEXT NOT NULL, graph TEXT NOT NULL, schedule TEXT NOT NULL,
  state TEXT NOT NULL, error TEXT NOT NULL, cancelled INTEGER NOT NULL,
  created_at REAL NOT NULL, started_at REAL, ended_at REAL);
"""
_SELECT = (
    "SELECT name, properties, graph, schedule, state, error, cancelled,"
    " created_at, started_at, ended_at FROM job"
)


@dataclass(frozen=True)
class Graph:
    """The graph of a job: the kind of each node, and the node's output behind each of the job's.

    `components` has the name of the component that each node runs, and `touched` what of the lake
    the job reads and writes.
    """

    nodes: Mapping[str, str]
    outputs: Mapping[str, tuple[str, str]]
    components: Mapping[str, str] = field(default_factory=dict)
    touched: Touched = EVERYTHING


@dataclass(frozen=True)
class SubmittedJob:
    """A submitted job; `properties` are its body's, with every label of an asset resolved."""

    name: str
    properties: Mapping[str, object]
    graph: Graph
    schedule: str
    state: JobState
    error: str
    is_cancelled: bool
    created_at: float
    started_at: float | None
    ended_at: float | None

    @property
    def kind(self) -> str:
        return str(self.properties["jobType"])

    @property
    def experiment(self) -> str:
        return str(self.properties.get("experimentName") or "Default")

    @property
    def tags(self) -> Mapping[str, str]:
        tags = self.properties.get("tags")
        return tags if isinstance(tags, dict) else {}

    @property
    def is_archived(self) -> bool:
        return bool(self.properties.get("isArchived", False))

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


class Jobs:
    """The jobs of the workspace with the folder `state`."""

    def __init__(self, state: Path) -> None:
        self._file = SqliteFile(StateFolder(state).jobs_database, _TABLES)
        self._paths = StateFolder(state)

    def folder(self, name: str) -> Path:
        """Return the folder of a job: its pipeline, its components, its log."""
        return self._paths.job(name)

    def log(self, name: str) -> Path:
        return self._paths.job_log(name)

    def find(self, name: str) -> SubmittedJob | None:
        with self._file.reading() as connection:
            return _find(connection, name)

    def job(self, name: str) -> SubmittedJob:
        """Find a job; raises NotFoundError when there is none of that name."""
        job = self.find(name)
        if not job:
            raise NotFoundError(f"job {name!r} does not exist in this workspace")
        return job

    def parent_of(self, child: str) -> tuple[SubmittedJob, str] | None:
        """Find the pipeline job and the node of which `child` is the job."""
        with self._file.reading() as connection:
            for name, node in possible_nodes(child):
                job = _find(connection, name)
                if job and job.kind == "Pipeline" and node in job.graph.nodes:
                    return job, node
        return None

    def all(self) -> list[SubmittedJob]:
        """List all jobs, newest first."""
        with self._file.reading() as connection:
            rows = connection.execute(f"{_SELECT} ORDER BY sequence DESC")
            return [_job(row) for row in rows]

    def submit(
        self, name: str, properties: Mapping[str, object], graph: Graph, *, schedule: str = ""
    ) -> SubmittedJob:
        """Put a new job at the end of the queue; raises ConflictError when the name is taken."""
        plan_graph = json.dumps(asdict(graph))
        with self._file.writing() as connection:
            if _find(connection, name):
                raise ConflictError(f"job {name!r} exists already; give another name")
            connection.execute(
                "INSERT INTO job (name, properties, graph, schedule, state, error, cancelled,"
                " created_at) VALUES (?, ?, ?, ?, 'Queued', '', 0, ?)",
                (name, json.dumps(dict(properties)), plan_graph, schedule, time.time()),
            )
        return self.job(name)

    def edit(self, name: str, changes: Mapping[str, object]) -> SubmittedJob:
        """Change fields that may change of a job."""
        with self._file.writing() as connection:
            stored = _find(connection, name)
            if stored:
                content = json.dumps({**stored.properties, **changes})
                connection.execute("UPDATE job SET properties = ? WHERE name = ?", (content, name))
        return self.job(name)

    def begin_next(self, running: Iterable[Touched] = ()) -> SubmittedJob | None:
        """Start the job that has waited longest and conflicts with none that is `running`.

        It conflicts with none that has waited longer either: those keep their turn.
        """
        ahead = list(running)
        with self._file.writing() as connection:
            rows = connection.execute(f"{_SELECT} WHERE state = 'Queued' ORDER BY sequence")
            for job in map(_job, rows.fetchall()):
                if not any(job.graph.touched.conflicts(other) for other in ahead):
                    connection.execute(
                        "UPDATE job SET state = 'Started', started_at = ? WHERE name = ?",
                        (time.time(), job.name),
                    )
                    return job
                ahead.append(job.graph.touched)
        return None

    def end(self, name: str, state: JobState, error: str = "") -> None:
        """Record the end of a job that has not ended yet."""
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE job SET state = ?, error = ?, ended_at = ?"
                " WHERE name = ? AND state IN ('Queued', 'Started')",
                (state, error, time.time(), name),
            )

    def cancel(self, name: str) -> SubmittedJob:
        """Mark a job for cancelling; a job that waits in the queue ends at once."""
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE job SET state = 'Canceled', ended_at = ?"
                " WHERE name = ? AND state = 'Queued'",
                (time.time(), name),
            )
            connection.execute(
                "UPDATE job SET cancelled = 1 WHERE name = ? AND state = 'Started'", (name,)
            )
        return self.job(name)

    def delete(self, name: str) -> None:
        """Delete the record of a job."""
        with self._file.writing() as connection:
            connection.execute("DELETE FROM job WHERE name = ?", (name,))

    def fail_started(self, error: str) -> None:
        """Record the end of jobs whose process ended with the workspace that ran them."""
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE job SET state = CASE cancelled WHEN 1 THEN 'Canceled' ELSE 'Failed' END,"
                " error = ?, ended_at = ? WHERE state = 'Started'",
                (error, time.time()),
            )


def _touched(graph: Mapping[str, Any]) -> Touched:
    stored = graph.get("touched")
    return Touched(**{**stored, **_tuples(stored)}) if stored else EVERYTHING


def _tuples(stored: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(stored[name]) for name in ("written", "read")}


def _find(connection: sqlite3.Connection, name: str) -> SubmittedJob | None:
    row = connection.execute(f"{_SELECT} WHERE name = ?", (name,)).fetchone()
    return _job(row) if row else None


def _job(
    row: tuple[str, str, str, str, str, str, int, float, float | None, float | None],
) -> SubmittedJob:
    graph = json.loads(row[2])
    outputs = {name: (node, output) for name, (node, output) in graph["outputs"].items()}
    (state,) = [state for state in get_args(JobState) if state == row[4]]
    return SubmittedJob(
        name=row[0],
        properties=json.loads(row[1]),
        # Jobs of earlier versions have no names of components, and do not say what they touch.
        graph=Graph(graph["nodes"], outputs, graph.get("components", {}), _touched(graph)),
        schedule=row[3],
        state=state,
        error=row[5],
        is_cancelled=bool(row[6]),
        created_at=row[7],
        started_at=row[8],
        ended_at=row[9],
    )
