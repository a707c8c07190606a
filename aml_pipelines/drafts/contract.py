"""Draft the contract of a dataset from the profile of its files."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.drafts.text import column_names, cut, flow, mapping, questions
from conf.column_type import MOMENTS, NUMBERS
from conf.errors import UserError
from conf.expressions import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aml_pipelines.drafts.sniff import Sniffed

    Profiled = Mapping[str, Any]  # a profile, or one of its columns, as the step wrote it

MOST_ALLOWED = 20  # values that are listed
LEAST_OF_EACH = 10  # rows of a value, on average, for a list of values to mean something
NEAR_THE_END = 10**8  # from which on a whole number gets the type with more room
MOST_CLASSES = 50
FEWEST_DAYS = 10  # of a split by time
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


@dataclass(frozen=True)
class Drafted:
    """A draft of a contract: its text, and what a draft of a model needs to know of it.

    `names` maps the names that files have to columns; `label` is a column, and `target` the name of
    what is computed from it.
    """

    text: str
    names: Mapping[str, str]
    key: Sequence[str]
    label: str | None
    target: str
    event_time: str | None
    is_split_by_time: bool


def draft_contract(
    name: str, profile: Profiled, sniffed: Sniffed, paths: Mapping[str, str], *, label: str | None
) -> Drafted:
    """Draft a contract; `paths` maps sources to globs below the lake, `label` is a file's name.

    Raises UserError when there is no such label, or no file has a row.
    """
    columns = profile["columns"]
    if not profile["rows"]:
        raise UserError(f"{name}: the files have no rows; a contract is drafted from rows")
    names = column_names([column["name"] for column in columns])
    label_column = _find_label(label, names)
    key, key_questions = _key(profile, names)
    event_time, time_questions = _event_time(columns, names, profile["rows"], label_column)
    split, is_split_by_time = _split(columns, names, event_time)
    target = next(t for t in ("target", "outcome", "label_of_row") if t not in names.values())
    keys = dict(sniffed.keys)
    if "header" in keys:  # the names are made up: without them, columns are in the contract's order
        keys["header"] = False
    lines = [
        f"# Drafted from {profile['files']:,} files with {profile['rows']:,} rows.",
        "# Lines that begin with '#?' ask what files cannot tell: answer them, and delete them.",
        *questions(sniffed.questions),
        "sources:",
        *(
            f"  {source}: {mapping({'path': path, 'format': sniffed.format, **keys})}"
            for source, path in paths.items()
        ),
        *_null_lines([flow(text) for text in _null_texts(columns)]),
        "columns:",
    ]
    for column in columns:
        is_required = names[column["name"]] in key or names[column["name"]] == event_time
        is_label = names[column["name"]] == label_column
        lines += _column_lines(column, names, profile, is_required=is_required, is_label=is_label)
    lines += [*questions(key_questions), f"key: {'row' if not key else flow(list(key))}"]
    if sniffed.format in {"json", "jsonl"}:
        lines.append("new_columns: keep_text # objects may have other names tomorrow")
    if event_time:
        lines += [*questions(time_questions), f"event_time: {event_time}"]
    if label_column:
        lines.append(f"label: {mapping({'name': target, 'expression': _quoted(label_column)})}")
        lines.append(f"split: {mapping(split)}")
    return Drafted(
        "\n".join(lines) + "\n", names, key, label_column, target, event_time, is_split_by_time
    )


def _find_label(label: str | None, names: Mapping[str, str]) -> str | None:
    if label is None:
        return None
    if label in names:
        return names[label]
    if label in names.values():
        return label
    raise UserError(f"label {label!r}: the files have no such column; they have {list(names)}")


def _quoted(column: str) -> str:
    return f"`{column}`" if column in WORDS else column


def _key(profile: Profiled, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the columns of the likeliest key, none where rows have none, and what to ask."""
    found = [[names[name] for name in key] for key in profile["keys"]]
    same = profile["duplicates"]
    twice = f" {same:,} rows are equal to another one in all columns." if same else ""
    if not found:
        return [], [
            f"No columns tell all rows apart, so each row is an entity of its own.{twice}",
            "A later file can then correct no row, nor bring its outcome. Is there a key?",
        ]
    first, *others = sorted(found, key=lambda key: not _is_named_like_a_key(key[0]))
    also = f" So do {' and '.join(flow(key) for key in others)}." if others else ""
    return first, [f"Do these identify an entity for ever? No two of the rows share them.{also}"]


def _is_named_like_a_key(column: str) -> bool:
    return column in {"id", "key", "uuid"} or column.endswith(("_id", "_key", "_no", "_number"))


def _event_time(
    columns: Sequence[Profiled], names: Mapping[str, str], rows: int, label: str | None
) -> tuple[str | None, list[str]]:
    moments = [
        names[c["name"]]
        for c in columns
        if c["type"] in MOMENTS and _filled(c) == rows and names[c["name"]] != label
    ]
    if not moments:
        return None, []
    first, *others = moments
    if not others:
        return first, []
    return first, [f"Is this the time of the event? The files also have {', '.join(others)}."]


def _split(
    columns: Sequence[Profiled], names: Mapping[str, str], event_time: str | None
) -> tuple[dict[str, object], bool]:
    """Return the split: by time where the files span some days, else by the hash of the key."""
    timed = next((c for c in columns if names[c["name"]] == event_time), None)
    if timed:
        first, validation, test, last = (dt.date.fromisoformat(d) for d in timed["quantiles"])
        if first < validation < test < last and (last - first).days >= FEWEST_DAYS:
            days = {"train": first, "validation": validation, "test": test}
            after = last + dt.timedelta(days=1)
            return {"by": "time", "column": event_time, **days, "end": after}, True
    return {"by": "key", **SHARES}, False


def _filled(column: Profiled) -> int:
    """Return how many rows have a value."""
    filled: int = column["present"] - sum(column["nulls"].values())
    return filled


def _null_texts(columns: Sequence[Profiled]) -> list[str]:
    return sorted({text for column in columns for text in column["nulls"]})


def _null_lines(texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    asked = f"Do these texts mean no value, in every column? {', '.join(texts)}"
    return [*questions([asked]), f'null_values: ["", {", ".join(texts)}]']


def _column_lines(
    column: Profiled,
    names: Mapping[str, str],
    profile: Profiled,
    *,
    is_required: bool,
    is_label: bool,
) -> list[str]:
    name = names[column["name"]]
    keys: dict[str, object] = {"type": _type(column)}
    if name != column["name"]:
        keys["source"] = column["name"]
    if is_required:
        keys["required"] = True
    keys |= column["keys"]
    if not is_required:
        keys |= _range(column) | _allowed(column)
    if is_label or column["name"] in profile["partial"]:
        keys["missing"] = None
    asked = _questions(column)
    return [
        f"  # {cut(evidence(column, profile['rows']))}",
        *(f"  {line}" for line in questions(asked)),
        f"  {name}: {mapping(keys)}",
    ]


def _type(column: Profiled) -> str:
    stated: str = column["type"]
    if stated == "int" and max(abs(end) for end in column["quantiles"]) >= NEAR_THE_END:
        return "long"
    return stated


def _range(column: Profiled) -> dict[str, object]:
    """Return limits that an error of units breaks, and tomorrow's data do not."""
    if column["type"] not in NUMBERS or not column["quantiles"]:
        return {}
    least, *_, greatest = column["quantiles"]
    # Whole numbers count; a measurement may be below zero tomorrow, though none was today.
    counts = column["type"] != "double" and least >= 0
    room = 10 ** (math.ceil(math.log10(max(abs(least), abs(greatest), 1))) + 1)
    if room > NEAR_THE_END:
        return {"min": 0} if counts else {}
    return {"min": 0 if counts else -room, "max": room}


def _allowed(column: Profiled) -> dict[str, object]:
    """Return the values of a column that has few; a new one is a warning, and no broken row."""
    listed = [text for text, _ in column["common"]]
    is_list = 0 < column["distinct"] <= MOST_ALLOWED and len(listed) == column["distinct"]
    if column["type"] != "string" or not is_list:
        return {}
    if _filled(column) < LEAST_OF_EACH * column["distinct"]:
        return {}
    return {"allowed": sorted(listed), "level": "warn"}


def evidence(column: Profiled, rows: int) -> str:
    """Return what a column was seen to hold, in a line."""
    filled = _filled(column)
    if not filled:
        return "no row has a value"
    lacking = f"{rows - filled:,} of {rows:,} rows lack it" if filled < rows else "no row lacks it"
    ends = [_end(end) for end in (*column["quantiles"][:1], *column["quantiles"][-1:])]
    seen = f"{ends[0]} to {ends[1]}" if ends else ""
    common = [f"{text} ({count:,})" for text, count in column["common"][:4]]
    examples = "" if seen and column["distinct"] > MOST_ALLOWED else ", ".join(common)
    values = f"{column['distinct']:,} values"
    return "; ".join(part for part in (lacking, values, seen, examples) if part)


def _end(end: float | str) -> str:
    return end if isinstance(end, str) else f"{end:,.7g}"


def _questions(column: Profiled) -> list[str]:
    filled = _filled(column)
    fits = column["fits"]
    asked = []
    if column["codes"]:
        asked.append("Is this a code, and no number? Some values begin with a zero.")
    other = {"d/M/yyyy": "M/d/yyyy", "d/M/yyyy H:mm": "M/d/yyyy H:mm"}.get(column["shape"] or "")
    if other and fits.get(other) == filled:
        asked.append(f"Is the day first? All values can also be read as {other}.")
    if column["shape"] and fits[column["shape"]] < filled:
        others = filled - fits[column["shape"]]
        asked.append(f"{others:,} values are not written so, and will be quarantined.")
    return asked
