"""When schedules are due: the moments that a reader of the trigger would name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.triggers import due_between, zone_named

JUNE_MORNING = ("2026-06-09T23:59:59", "2026-06-10T04:00:00")
CREATED = datetime(2026, 1, 1, 10, 30, 15, tzinfo=UTC)


def due(trigger: dict[str, object], after: str, until: str) -> list[str]:
    begin, end = (datetime.fromisoformat(f"{text}+00:00") for text in (after, until))
    found = due_between(trigger, begin, end, created=CREATED)
    return [f"{moment:%Y-%m-%dT%H:%M:%S%z}".removesuffix("+0000") for moment in found]


def cron(expression: str, **more: object) -> dict[str, object]:
    return {"triggerType": "Cron", "expression": expression, **more}


def every(interval: int, frequency: str, **more: object) -> dict[str, object]:
    return {"triggerType": "Recurrence", "frequency": frequency, "interval": interval, **more}


def test_a_cron_expression_is_due_in_its_time_zone_and_over_a_change_of_clocks() -> None:
    nightly = cron("0 4 * * *", timeZone="W. Europe Standard Time")
    assert due(nightly, "2026-03-28T00:00:00", "2026-03-30T00:00:00") == [
        "2026-03-28T03:00:00",
        "2026-03-29T02:00:00",
    ]


def test_days_of_the_month_and_months_of_a_cron_expression_are_ignored_as_in_azure() -> None:
    january = cron("0 4 1 1 *")
    assert due(january, "2026-06-10T00:00:00", "2026-06-11T23:00:00") == [
        "2026-06-10T04:00:00",
        "2026-06-11T04:00:00",
    ]


def test_a_trigger_is_due_after_one_look_and_up_to_the_next() -> None:
    hourly = cron("0 * * * *")
    assert due(hourly, "2026-06-10T04:00:00", "2026-06-10T05:00:00") == ["2026-06-10T05:00:00"]
    assert due(hourly, "2026-06-10T04:00:01", "2026-06-10T04:59:59") == []


def test_a_trigger_is_due_from_its_start_and_not_after_its_end() -> None:
    bounded = cron("0 4 * * *", startTime="2026-06-11 04:00:00", endTime="2026-06-12T04:00:00")
    assert due(bounded, "2026-06-01T00:00:00", "2026-06-30T00:00:00") == [
        "2026-06-11T04:00:00",
        "2026-06-12T04:00:00",
    ]


def test_a_recurrence_without_a_pattern_counts_from_its_start() -> None:
    assert due(every(90, "minute", startTime="2020-01-01T00:00:00"), *JUNE_MORNING) == [
        "2026-06-10T00:00:00",
        "2026-06-10T01:30:00",
        "2026-06-10T03:00:00",
    ]
    assert due(every(1, "day"), "2026-06-10T00:00:00", "2026-06-11T00:00:00") == [
        "2026-06-10T10:30:15"
    ]


def test_a_recurrence_is_due_at_the_hours_and_days_of_its_pattern() -> None:
    weekly = every(
        2,
        "Week",
        startTime="2026-06-01T00:00:00",
        timeZone="Eastern Standard Time",
        schedule={"hours": [4, 16], "minutes": [30], "weekDays": ["monday", "Friday"]},
    )
    assert due(weekly, "2026-06-01T00:00:00", "2026-06-16T00:00:00") == [
        "2026-06-01T08:30:00",
        "2026-06-01T20:30:00",
        "2026-06-05T08:30:00",
        "2026-06-05T20:30:00",
        "2026-06-15T08:30:00",
        "2026-06-15T20:30:00",
    ]
    monthly = every(1, "month", schedule={"hours": 3, "minutes": 0, "monthDays": [1, 31]})
    assert due(monthly, "2026-05-30T00:00:00", "2026-07-01T00:00:00") == [
        "2026-05-31T03:00:00",
        "2026-06-01T03:00:00",
    ]


@pytest.mark.parametrize(
    ("trigger", "told"),
    [
        (cron("every night"), "is no cron expression of 5 fields"),
        (cron("0 0 4 * * *"), "is no cron expression of 5 fields"),
        (cron("0 4 * * *", timeZone="Europe/Berlin"), "time zone 'Europe/Berlin' is unknown"),
        (cron("0 4 * * *", startTime="soon"), "time 'soon' is not of the form"),
        (every(0, "day"), "interval is 0; it is a whole number from 1"),
        (every(1, "year"), "frequency 'year' is unknown"),
        (every(1, "day", schedule={"hours": [24]}), "hours are whole numbers from 0 to 23"),
        (every(1, "week", schedule={"weekDays": ["Mo"]}), "week day 'Mo' is unknown"),
    ],
)
def test_a_trigger_that_can_never_be_due_says_why(trigger: dict[str, object], told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        due(trigger, "2026-06-10T00:00:00", "2026-06-10T01:00:00")


def test_a_time_zone_is_named_in_any_case() -> None:
    assert zone_named("utc") == zone_named("UTC")


@pytest.mark.sdk
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's import of marshmallow
def test_every_time_zone_of_the_client_is_known() -> None:
    from azure.ai.ml.constants import TimeZone  # noqa: PLC0415 # 3 s that other tests need not wait

    for zone in TimeZone:
        zone_named(zone.value)
