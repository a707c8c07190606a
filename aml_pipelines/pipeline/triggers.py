"""Triggers of schedules: when one is due, and what Azure ML would accept and not carry out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from croniter import croniter
from dateutil import rrule
from tzlocal.windows_tz import win_tz

from aml_pipelines.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Trigger = Mapping[str, object]
_FIELDS = 5  # minute, hour, day of month, month, day of week
_FREQUENCIES = {
    "minute": (rrule.MINUTELY, timedelta(minutes=1)),
    "hour": (rrule.HOURLY, timedelta(hours=1)),
    "day": (rrule.DAILY, timedelta(days=1)),
    "week": (rrule.WEEKLY, timedelta(weeks=1)),
    "month": (rrule.MONTHLY, None),
}
# Names that azure-ai-ml's TimeZone has, and Unicode CLDR's list of Windows' zones no longer.
_DROPPED = {
    "Kamchatka Standard Time": "Asia/Kamchatka",
    "Mid-Atlantic Standard Time": "Etc/GMT+2",
}
_ZONES = {name.casefold(): zone for name, zone in {**win_tz, **_DROPPED}.items()}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def due_between(
    trigger: Trigger, after: datetime, until: datetime, *, created: datetime
) -> list[datetime]:
    """Return the moments, in UTC, at which `trigger` is due after `after` and up to `until`.

    A trigger without a start begins when it was `created`. Raises RefusedError for one that is
    wrong.
    """
    zone = zone_named(str(trigger.get("timeZone") or "UTC"))
    start = _moment(trigger.get("startTime"), zone) or created
    end = _moment(trigger.get("endTime"), zone)
    last = min(until, end) if end else until
    begin = max(after, start - timedelta(seconds=1))
    if trigger.get("triggerType") == "Cron":
        moments = _cron_moments(trigger, begin.astimezone(zone))
    else:
        moments = _recurring_moments(trigger, start.astimezone(zone), begin, zone)
    until_last = takewhile(
        lambda moment: moment <= last, (item.astimezone(UTC) for item in moments)
    )
    return [moment for moment in until_last if moment > begin]


def _cron_moments(trigger: Trigger, begin: datetime) -> Iterator[datetime]:
    expression = str(trigger.get("expression", ""))
    if not _is_cron(expression):
        raise RefusedError(f"expression {expression!r} is no cron expression of {_FIELDS} fields")
    minute, hour, _, _, weekday = expression.split()  # Azure ignores days of the month, and months
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
    schedule = pattern if isinstance(pattern, Mapping) else {}
    # Days and longer repeat at the same time on the clock, shorter ones after the same time.
    clock = UTC if frequency in ("minute", "hour") and not schedule else zone
    first = start.astimezone(clock).replace(tzinfo=None)
    if unit:
        passed = begin.astimezone(clock).replace(tzinfo=None) - first
        first += max(0, passed // (unit * interval) - 1) * unit * interval
    for moment in rrule.rrule(repeats, dtstart=first, interval=interval, **_pattern(schedule)):
        yield moment.replace(tzinfo=clock)


def _pattern(schedule: Mapping[str, object]) -> dict[str, list[int]]:
    pattern = {
        "byhour": _numbers(schedule, "hours", 0, 23),
        "byminute": _numbers(schedule, "minutes", 0, 59),
        "bymonthday": _numbers(schedule, "monthDays", -1, 31),
        "byweekday": [_weekday(day) for day in _items(schedule, "weekDays")],
    }
    limits = {name: values for name, values in pattern.items() if values}
    return {**limits, "bysecond": [0]} if limits else {}


def _numbers(schedule: Mapping[str, object], name: str, low: int, high: int) -> list[int]:
    numbers = [item for item in _items(schedule, name) if isinstance(item, int)]
    wrong = [item for item in numbers if not low <= item <= high]
    if wrong or len(numbers) < len(_items(schedule, name)):
        raise RefusedError(f"{name} are whole numbers from {low} to {high}, not {schedule[name]!r}")
    return numbers


def _items(schedule: Mapping[str, object], name: str) -> list[object]:
    value = schedule.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _weekday(day: object) -> int:
    name = str(day).lower()
    if name not in _DAYS:
        raise RefusedError(f"week day {day!r} is unknown; it is one of {list(_DAYS)}")
    return _DAYS.index(name)


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone with a Windows name, in any case; raises RefusedError for no name."""
    if name.casefold() not in _ZONES:
        raise RefusedError(
            f"time zone {name!r} is unknown; Azure names them as Windows does, such as "
            "'UTC' or 'W. Europe Standard Time'"
        )
    return ZoneInfo(_ZONES[name.casefold()])


def _moment(text: object, zone: tzinfo) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise RefusedError(f"time {text!r} is not of the form 2026-11-21T04:00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _is_cron(expression: str) -> bool:
    return len(expression.split()) == _FIELDS and croniter.is_valid(expression)


def trigger_problems(trigger: object, file: Path) -> list[str]:
    """Return what is wrong with the trigger in a schedule's `file`, and what would be right."""
    if not isinstance(trigger, Mapping):
        return [f"{file}: the schedule has no trigger; it is of type recurrence or cron"]
    if trigger.get("type") == "cron":
        return _cron_problems(str(trigger.get("expression", "")), file)
    if trigger.get("type") == "recurrence":
        return _recurrence_problems(trigger, file)
    return [f"{file}: trigger type {trigger.get('type')!r} is neither recurrence nor cron"]


def _recurrence_problems(trigger: Trigger, file: Path) -> list[str]:
    problems = []
    if trigger.get("frequency") not in _FREQUENCIES:
        problems.append(
            f"{file}: frequency {trigger.get('frequency')!r} is none of {', '.join(_FREQUENCIES)}"
        )
    interval = trigger.get("interval")
    if not isinstance(interval, int) or interval < 1:
        problems.append(f"{file}: interval {interval!r} is no whole number above 0")
    return problems


def _cron_problems(expression: str, file: Path) -> list[str]:
    if not _is_cron(expression):
        return [
            f"{file}: {expression!r} is no cron expression of minute, hour, day, month, weekday"
        ]
    minute, hour, day, month, _ = expression.split()
    # Azure accepts the other two fields and ignores them: the job would run every day.
    if day == month == "*":
        return []
    times = ", ".join(
        f"{key}: {value}"
        for key, value in (("hours", hour), ("minutes", minute))
        if value.isdecimal()
    )
    days = f", month_days: {day}" if day.isdecimal() else ", month_days: [1, 15]"
    recurrence = (
        "{type: recurrence, frequency: month, interval: 1, "
        f"schedule: {{{times or 'hours: 0, minutes: 0'}{days}}}}}"
    )
    ignored = f"Azure ML ignores the day and the month of {expression!r} and would fire every day"
    return [f"{file}: {ignored}; use a recurrence: {recurrence}"]
