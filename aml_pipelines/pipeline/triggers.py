"""When a trigger is due: the moments of a cron expression or a recurrence, in their time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile
from typing import TYPE_CHECKING

from croniter import croniter
from dateutil import rrule

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Iterator

Trigger = Mapping[str, object]
_FIELDS = 5  # minute, hour, day of month, month, day of week
_FREQUENCIES = {
    "minute": (rrule.MINUTELY, timedelta(minutes=1)),
    "hour": (rrule.HOURLY, timedelta(hours=1)),
    "day": (rrule.DAILY, timedelta(days=1)),
    "week": (rrule.WEEKLY, timedelta(weeks=1)),
    "month": (rrule.MONTHLY, None),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def due_between(
    trigger: Trigger, after: datetime, until: datetime, *, created: datetime
) -> list[datetime]:
    """List the moments, in UTC, at which `trigger` is due after `after` and not after `until`.

    A trigger without a start begins when it was `created`. Raises RefusedError for one that is
    wrong.
    """
    zone = _zone(trigger)
    start = _moment(trigger.get("startTime"), zone) or created
    end = _moment(trigger.get("endTime"), zone)
    last = min(until, end) if end else until
    begin = max(after, start - timedelta(seconds=1))
    if trigger.get("triggerType") == "Cron":
        moments = _cron_moments(trigger, begin.astimezone(zone))
    else:
        moments = _recurring_moments(trigger, start.astimezone(zone), begin, zone)
    found = takewhile(lambda moment: moment <= last, (item.astimezone(UTC) for item in moments))
    return [moment for moment in found if moment > begin]


def _cron_moments(trigger: Trigger, begin: datetime) -> Iterator[datetime]:
    stated = str(trigger.get("expression", "")).split()
    if len(stated) != _FIELDS or not croniter.is_valid(" ".join(stated)):
        raise RefusedError(
            f"expression {trigger.get('expression')!r} is no cron expression of {_FIELDS} fields"
        )
    minute, hour, _, _, weekday = stated  # Azure ignores days of the month, and months
    moments = croniter(f"{minute} {hour} * * {weekday}", begin)
    while True:
        yield moments.get_next(datetime)


def _recurring_moments(
    trigger: Trigger, start: datetime, begin: datetime, zone: tzinfo
) -> Iterator[datetime]:
    frequency = str(trigger.get("frequency", "")).lower()
    if frequency not in _FREQUENCIES:
        raise RefusedError(f"frequency {frequency!r} is unknown; it is of {list(_FREQUENCIES)}")
    interval = trigger.get("interval")
    if not isinstance(interval, int) or interval < 1:
        raise RefusedError(f"interval is {interval!r}; it is a whole number from 1")
    repeats, unit = _FREQUENCIES[frequency]
    pattern = trigger.get("schedule")
    stated = pattern if isinstance(pattern, Mapping) else {}
    # Days and longer repeat at the same time on the clock, shorter ones after the same time.
    clock = UTC if frequency in ("minute", "hour") and not stated else zone
    first = start.astimezone(clock).replace(tzinfo=None)
    if unit:
        passed = begin.astimezone(clock).replace(tzinfo=None) - first
        first += max(0, passed // (unit * interval) - 1) * unit * interval
    for moment in rrule.rrule(repeats, dtstart=first, interval=interval, **_pattern(stated)):
        yield moment.replace(tzinfo=clock)


def _pattern(stated: Mapping[str, object]) -> dict[str, list[int]]:
    pattern = {
        "byhour": _numbers(stated, "hours", 0, 23),
        "byminute": _numbers(stated, "minutes", 0, 59),
        "bymonthday": _numbers(stated, "monthDays", -1, 31),
        "byweekday": [_weekday(day) for day in _items(stated, "weekDays")],
    }
    given = {name: values for name, values in pattern.items() if values}
    return {**given, "bysecond": [0]} if given else {}


def _numbers(stated: Mapping[str, object], name: str, low: int, high: int) -> list[int]:
    numbers = [item for item in _items(stated, name) if isinstance(item, int)]
    wrong = [item for item in numbers if not low <= item <= high]
    if wrong or len(numbers) < len(_items(stated, name)):
        raise RefusedError(f"{name} are whole numbers from {low} to {high}, not {stated[name]!r}")
    return numbers


def _items(stated: Mapping[str, object], name: str) -> list[object]:
    value = stated.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _weekday(day: object) -> int:
    name = str(day).lower()
    if name not in _DAYS:
        raise RefusedError(f"week day {day!r} is unknown; it is one of {list(_DAYS)}")
    return _DAYS.index(name)


def _zone(trigger: Trigger) -> tzinfo:
    try:
        return zone_named(str(trigger.get("timeZone") or "UTC"))
    except ValueError as error:
        raise RefusedError(str(error)) from error


def _moment(text: object, zone: tzinfo) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise RefusedError(f"time {text!r} is not of the form 2026-11-21T04:00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
