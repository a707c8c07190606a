"""Flights with 16 or 64 rules: the same types and rules for every tool that judges them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tests.contracts import contract_of

if TYPE_CHECKING:
    from conf.dataset import Dataset

KEY = ("time_hour", "carrier", "flight")
_NUMBERS = (
    *("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time"),
    *("sched_arr_time", "arr_delay", "flight", "air_time", "distance", "hour", "minute"),
)
_TEXTS = ("carrier", "tailnum", "origin", "dest")
TYPES = {
    **dict.fromkeys(_NUMBERS, "int"),
    **dict.fromkeys(_TEXTS, "string"),
    "time_hour": "timestamp",
}
# True of most flights; some flights are too long, too late, or were never in the air.
RULES = {
    "it_took_off": "dep_time is not null",
    "it_arrived": "arr_delay is not null",
    "the_month_exists": "month between 1 and 12",
    "the_day_exists": "day between 1 and 31",
    "the_hour_exists": "hour between 0 and 23",
    "the_minute_exists": "minute between 0 and 59",
    "the_schedule_agrees": "sched_dep_time = hour * 100 + minute",
    "it_leaves_new_york": "origin in ('EWR', 'JFK', 'LGA')",
    "it_goes_elsewhere": "dest <> origin",
    "its_number_is_positive": "flight >= 1",
    "its_carrier_has_two_letters": "length(carrier) = 2",
    "its_tail_is_known": "tailnum is not null",
    "it_is_not_far": "distance between 50 and 4000",
    "it_is_short": "air_time is null or air_time < 400",
    "it_is_hardly_late": "dep_delay is null or dep_delay < 240",
    "it_is_not_lost": "arr_delay is null or arr_delay < 300",
}


def rules_of_flights(number: int) -> dict[str, str]:
    """Return so many rules by name, as SQL that Spark and other engines take: 16 or more."""
    more = number - len(RULES)
    limits = {f"it_is_no_longer_than_{600 + n}": f"distance < {4000 + 10 * n}" for n in range(more)}
    return RULES | limits


def flights_with_rules(number: int) -> Dataset:
    """Return a contract of flights with so many rules, beside those of its types and key."""
    moments = {"type": "timestamp", "formats": ["yyyy-MM-dd'T'HH:mm:ssX"]}
    columns = {
        name: {**(moments if kind == "timestamp" else {"type": kind}), "required": name in KEY}
        for name, kind in TYPES.items()
    }
    stated = {
        "sources": {"history": {"path": "raw/flights/history/*.csv", "format": "csv"}},
        "null_values": ["", "NA"],
        "columns": columns,
        "key": list(KEY),
        "max_quarantined": 1.0,
        "rules": rules_of_flights(number),
    }
    return contract_of(yaml.safe_dump(stated, sort_keys=False), name="flights")
