"""What Azure ML's triggers take and do not do, found before a schedule is created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from croniter import croniter

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.azure.render import Document

FREQUENCIES = ("minute", "hour", "day", "week", "month")
_FIELDS = 5


def trigger_problems(document: Document, file: Path) -> list[str]:
    """Name what is wrong with a schedule's trigger, and what would be right."""
    trigger = document.get("trigger")
    if not isinstance(trigger, dict):
        return [f"{file}: the schedule has no trigger; it is of type recurrence or cron"]
    if trigger.get("type") == "cron":
        return _cron_problems(str(trigger.get("expression", "")), file)
    if trigger.get("type") == "recurrence":
        return _recurrence_problems(trigger, file)
    return [f"{file}: trigger type {trigger.get('type')!r} is neither recurrence nor cron"]


def _recurrence_problems(trigger: Document, file: Path) -> list[str]:
    problems = []
    if trigger.get("frequency") not in FREQUENCIES:
        problems.append(
            f"{file}: frequency {trigger.get('frequency')!r} is none of {', '.join(FREQUENCIES)}"
        )
    interval = trigger.get("interval")
    if not isinstance(interval, int) or interval < 1:
        problems.append(f"{file}: interval {interval!r} is no whole number above 0")
    return problems


def _cron_problems(expression: str, file: Path) -> list[str]:
    fields = expression.split()
    if len(fields) != _FIELDS or not croniter.is_valid(expression):
        return [
            f"{file}: {expression!r} is no cron expression of minute, hour, day, month, weekday"
        ]
    minute, hour, day, month, _ = fields
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
