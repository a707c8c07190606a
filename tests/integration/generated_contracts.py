"""Contracts that are made up: columns, notation, rules, dialects, within what `conf` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

# What a column of a type may state besides; the first of each is nothing.
LIMITS: tuple[dict[str, Any], ...] = (
    {},
    {"min": -5},
    {"min": 0, "max": 100, "level": "warn"},
    {"factor": 10, "max": 70},
    {"decimal_mark": ",", "thousands": "."},
    {"strip": ["€", "%"]},
)
STATED: dict[str, tuple[dict[str, Any], ...]] = {
    "int": LIMITS,
    "long": LIMITS,
    "double": LIMITS,
    "decimal(8,2)": LIMITS,
    "boolean": ({}, {"true_values": ["ja", "1"], "false_values": ["nein"]}),
    "date": ({}, {"formats": ["dd.MM.yyyy", "yyyyMMdd"]}, {"min": "2000-01-01", "level": "warn"}),
    "timestamp": (
        {},
        {"zone": "Europe/Berlin"},
        {"zone": "America/New_York", "formats": ["dd.MM.yyyy HH:mm", "epoch_seconds"]},
    ),
    "string": (
        {},
        {"allowed": ["Ulm", "Aix", "D"]},
        {"pattern": "[A-Za-z ]*"},
        {"min_length": 2, "max_length": 5, "level": "warn"},
    ),
}
MOMENTS = ("date", "timestamp")
DIALECTS: tuple[dict[str, Any], ...] = (
    {},
    {"delimiter": "semicolon", "encoding": "windows-1252"},
    {"delimiter": "tab", "multiline": False},
    {"delimiter": "pipe", "quote": "'", "escape": "\\"},
    {"quote": "", "comment": "#"},
    {"encoding": "UTF-16", "skip_lines": 1},
    {"skip_initial_space": True, "multiline": False},
)
NULL_WORDS = ("NA", "-", "null")


@st.composite
def contracts(draw: DrawFn) -> dict[str, Any]:
    """Return a contract as YAML has it: `k`, the key, `tag`, which tells rows apart, and more."""
    columns: dict[str, dict[str, Any]] = {
        "k": {"type": draw(st.sampled_from(["int", "string", "date"])), "required": True},
        "tag": {"type": "string", "required": True},
    }
    kinds = draw(st.lists(st.sampled_from(sorted(STATED)), min_size=2, max_size=6))
    for place, kind in enumerate(kinds):
        stated = draw(st.sampled_from(STATED[kind]))
        columns[f"c{place}"] = {"type": kind, "required": draw(st.booleans()), **stated}
    key = draw(st.sampled_from([["k"], ["k"], ["k"], "row"]))
    contract: dict[str, Any] = {
        "sources": {"history": draw(sources())},
        "columns": columns,
        "key": key,
        "null_values": draw(st.lists(st.sampled_from(NULL_WORDS), unique=True)),
        "max_quarantined": 1.0,
        "missing_columns": "null",  # a field that no line of JSON has
        "rules": {
            "is_present": {"expression": "c0 is not null", "level": draw(LEVELS)},
            "is_told": {"expression": f"length(tag) > {draw(st.integers(1, 4))}"},
            "is_either": {"expression": "c0 is null or c1 is not null", "level": draw(LEVELS)},
        },
    }
    return contract | (draw(over_rows(columns)) if key == ["k"] else {})


LEVELS = st.sampled_from(["quarantine", "warn"])


@st.composite
def over_rows(draw: DrawFn, columns: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what a contract says over more than a row: what wins, deletes, and is unique."""
    moments = [name for name, column in columns.items() if column["type"] in MOMENTS]
    said: dict[str, Any] = {}
    if draw(st.booleans()):
        newest = draw(st.sampled_from([*moments, "c0"]))
        said["newest_by"] = [newest]
    newest_by = said.get("newest_by", [])
    is_dated = all(name in moments and columns[name]["required"] for name in newest_by)
    if is_dated and draw(st.booleans()):
        said["history"] = True
    if draw(st.booleans()):
        said["deleted_when"] = draw(st.sampled_from(["c1 is null", "tag like '%7'", "c0 = c1"]))
        if columns["c0"]["type"] != columns["c1"]["type"]:
            said["deleted_when"] = "tag like '%7'"
    if draw(st.booleans()) and "history" not in said and "deleted_when" not in said:
        said["table_rules"] = {"one_of_each": {"unique": ["c0", "c1"]}}
    if draw(st.booleans()):
        said["label"] = {"name": "y", "expression": "length(cast(c1 as string)) > 2"}
    return said


@st.composite
def sources(draw: DrawFn) -> dict[str, Any]:
    if draw(st.integers(0, 3)) == 0:
        return {"path": "raw/*.jsonl", "format": "jsonl"}
    return {"path": "raw/*.csv", "format": "csv", **draw(st.sampled_from(DIALECTS))}


# Characters that readers of files stumble over, among plain ones.
HOSTILE = (
    "\"'\\,;|\t\n\r #{}[]:%€.-+0123456789eENaAzß😀\u0301\u2028\u0085\ufeff\u00a0\u200b\x0b\x1f"
)


def texts() -> SearchStrategy[list[str]]:
    """Return texts that records may have for any column."""
    any_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
    hostile = st.text(st.sampled_from(HOSTILE), max_size=8)
    return st.lists(hostile | any_text, min_size=10, max_size=30)
