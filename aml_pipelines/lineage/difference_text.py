"""How a difference between two versions of a table is told: as lines of text, or as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.lineage.summary import number_of_rows

if TYPE_CHECKING:
    from aml_pipelines.lineage.differences import Change, TableDifference


def as_text(title: str, found: TableDifference) -> list[str]:
    before, after = found.rows
    lines = [
        f"{title}: {number_of_rows(before)} to {number_of_rows(after)}",
        f"  added {found.added:,}, removed {found.removed:,}, changed {found.changed:,}",
    ]
    for name, (rows, examples) in found.columns.items():
        lines.append(f"  {name}: {number_of_rows(rows)}{_shift(found, name)}")
        lines += [f"    {_example(example)}" for example in examples]
    lines += [f"  new column {name}" for name in found.new_columns]
    lines += [f"  lost column {name}" for name in found.lost_columns]
    lines += [f"  rule {name}: {more:+,} rows" for name, more in found.rules.items()]
    return lines


def as_markdown(title: str, found: TableDifference) -> list[str]:
    before, after = found.rows
    lines = [
        f"### `{title}`",
        "",
        "| rows before | rows after | added | removed | changed |",
        "|---:|---:|---:|---:|---:|",
        f"| {before:,} | {after:,} | {found.added:,} | {found.removed:,} | {found.changed:,} |",
    ]
    if found.columns:
        lines += ["", "| column | rows | for example |", "|---|---:|---|"]
        for name, (rows, examples) in found.columns.items():
            shown = "<br>".join(cell(_example(example)) for example in examples)
            lines.append(f"| {cell(name)} | {rows:,}{_shift(found, name)} | {shown} |")
    if found.rules:
        lines += ["", "| rule | rows that broke it |", "|---|---:|"]
        lines += [f"| {cell(name)} | {more:+,} |" for name, more in found.rules.items()]
    columns = [*(f"new {c}" for c in found.new_columns), *(f"lost {c}" for c in found.lost_columns)]
    return [*lines, *(["", f"Columns: {cell(', '.join(columns))}"] if columns else [])]


def cell(text: str) -> str:
    """Return a text as a cell of a Markdown table has it."""
    return text.replace("|", "\\|").replace("\n", " ")


def _shift(found: TableDifference, name: str) -> str:
    if name not in found.means:
        return ""
    before, after = ("null" if m is None else f"{m:.6g}" for m in found.means[name])
    return f", mean {before} to {after}"


def _example(change: Change) -> str:
    key = ", ".join(f"{name} {value}" for name, value in change.key.items())
    return f"{change.before} became {change.after} ({key})"
