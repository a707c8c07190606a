"""Submits the jobs of schedules when they are due; a schedule's job is frozen when it is put."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError, NotFoundError, RefusedError
from aml_pipelines.pipeline.triggers import due_between
from aml_pipelines.workspace.attempts import Attempt
from aml_pipelines.workspace.http.fields import JsonObject, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aml_pipelines.workspace.jobs.store import Jobs
    from aml_pipelines.workspace.jobs.submit import Submissions
    from aml_pipelines.workspace.schedules.monitors import Monitors
    from aml_pipelines.workspace.store.documents import Documents, StoredDocument

JOB_NAME = "${{name}}"
TRIGGER_TIME = "${{creation_context.trigger_time}}"
_TICK_SECONDS = 1.0
_LATE = timedelta(minutes=5)  # what was due longer ago was missed, as while nothing was served
_log = logging.getLogger(__name__)


class Schedules:
    """The schedules that submit jobs to `submissions` when they are due by `clock`.

    What they monitor is submitted by `monitors`.
    """

    def __init__(
        self,
        stored: Documents,
        jobs: Jobs,
        submissions: Submissions,
        monitors: Monitors,
        clock: Callable[[], datetime],
    ) -> None:
        self.stored = stored
        self._monitors = monitors
        self._jobs = jobs
        self._submissions = submissions
        self._clock = clock
        self._since = clock()
        self._postponed: list[tuple[StoredDocument, datetime]] = []  # what is still to be fired
        # A time that falls between two calls must be due in one of them only.
        self._firing = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        """Start the thread; what was due before is not made up for."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._stopped.set()
        self._thread.join()

    def put(self, name: str, properties: JsonObject) -> tuple[StoredDocument, bool]:
        """Store a schedule with its job as it is now; returns (stored, is_new).

        Raises RefusedError for a trigger that is never due, and for a job that
        could not be run.
        """
        now = self._clock()
        # Only for its errors: a trigger that is never due is refused now.
        due_between(mapping(properties.get("trigger")), now, now, created=now)
        content = {"isEnabled": True, **properties}
        action = mapping(properties.get("action"))
        given = mapping(action.get("jobDefinition"))
        if action.get("actionType") == "CreateJob":
            content["action"] = {**action, "jobDefinition": self._frozen(given)}
        with self._firing:
            return self.stored.put(name, {"properties": content, "jobDefinition": dict(given)})

    def fire_due(self, now: datetime) -> list[str]:
        """Submit the jobs of schedules that were due since the last call; returns their names."""
        with self._firing:
            since = max(self._since, now - _LATE)
            due = [
                (schedule, moment)
                for schedule in self.stored.all()
                if schedule.properties.get("isEnabled")
                for moment in _due(schedule, since, now)
            ]
            # Only now: had the schedules not been read, the times would be due at the next call.
            self._since = now
            due, self._postponed = [*self._postponed, *due], []
            return [name for item in due for name in self._fire(*item, now)]

    def fire(self, name: str, moment: datetime) -> str:
        """Submit the job of one schedule as if it were due at `moment`; returns its name."""
        schedule = self.stored.get(name)
        job = f"{name}-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        monitor = _monitor(schedule)
        definition = _definition(schedule)
        if monitor:
            self._monitors.submit(monitor, job, moment)
        elif definition:
            self._submissions.submit(job, bound(definition, moment, job), schedule=name)
        else:
            raise RefusedError(f"schedule {name!r} is an import, which is not run here")
        return job

    def _fire(self, schedule: StoredDocument, moment: datetime, now: datetime) -> list[str]:
        if not _definition(schedule) and not _monitor(schedule):
            return []
        with Attempt(f"schedule {schedule.name}, due at {moment}, cannot submit its job") as firing:
            try:
                return [self.fire(schedule.name, moment)]
            except (NotFoundError, RefusedError, ConflictError) as error:
                # The others are due all the same; of this one, there is only the log to read.
                _log.warning("schedule %s was due at %s: %s", schedule.name, moment, error)
        if firing.error and now - moment < _LATE:
            self._postponed.append((schedule, moment))
        return []

    def _frozen(self, given: JsonObject) -> dict[str, object]:
        definition = dict(given)
        source = definition.pop("sourceJobId", None)
        if source:
            properties = self._jobs.job(str(source).rpartition("/")[2]).properties
            own = {name: value for name, value in definition.items() if value not in (None, {})}
            settings = {**mapping(properties.get("settings")), **mapping(own.get("settings"))}
            definition = {**properties, **own, **({"settings": settings} if settings else {})}
        frozen = self._submissions.frozen(definition)
        # Planned once, so that a job that cannot run is refused now and not in the night.
        self._submissions.check(bound(frozen, self._clock(), "check"))
        return frozen

    def _tick(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            with Attempt("the schedules cannot be read; they are read again"):
                self.fire_due(self._clock())


def bound(definition: JsonObject, moment: datetime, job: str) -> dict[str, object]:
    """Return a job's definition with its name and trigger time in its string inputs.

    The time is UTC, ISO 8601.
    """
    text = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    values = {TRIGGER_TIME: text, JOB_NAME: job}
    inputs = {
        name: _bound(mapping(port), values)
        for name, port in mapping(definition.get("inputs")).items()
    }
    return {**definition, "inputs": inputs}


def _bound(port: JsonObject, values: Mapping[str, str]) -> JsonObject:
    value = port.get("value")
    if not isinstance(value, str):
        return port
    for expression, text in values.items():
        value = value.replace(expression, text)
    return {**port, "value": value}


def _monitor(schedule: StoredDocument) -> JsonObject:
    return mapping(mapping(schedule.properties.get("action")).get("monitorDefinition"))


def _definition(schedule: StoredDocument) -> JsonObject:
    return mapping(mapping(schedule.properties.get("action")).get("jobDefinition"))


def _due(schedule: StoredDocument, since: datetime, now: datetime) -> list[datetime]:
    changed = datetime.fromtimestamp(schedule.modified_at, UTC)
    created = datetime.fromtimestamp(schedule.created_at, UTC)
    # Times before a schedule was put or enabled were never its own.
    trigger = mapping(schedule.properties.get("trigger"))
    return due_between(trigger, max(since, changed), now, created=created)
