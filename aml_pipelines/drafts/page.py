"""The page of a profile: a table of all columns, and a picture of what each of them holds."""

from __future__ import annotations

from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib as mpl
from jinja2 import Environment
from matplotlib.figure import Figure

from aml_pipelines.drafts.contract import evidence

if TYPE_CHECKING:
    from aml_pipelines.drafts.contract import Profiled

MOST_BARS = 12
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<style>
 body {font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem}
 table {border-collapse: collapse} td, th {padding: .2rem .8rem; text-align: left}
 tr {border-bottom: 1px solid #ddd} td.number {text-align: right}
</style></head><body>
<h1>{{ title }}</h1>
<p>{{ summary }}</p>
<table><tr><th>column</th><th>type</th><th>what it holds</th><th></th></tr>
{% for column in columns %}<tr><td>{{ column.name }}</td><td>{{ column.type }}</td>
<td>{{ column.evidence }}</td><td>{{ column.picture | safe }}</td></tr>
{% endfor %}</table>
</body></html>
"""


def profile_page(title: str, profile: Profiled) -> str:
    """Return a page that loads nothing from elsewhere; all text is escaped."""
    columns = [
        {
            "name": column["name"],
            "type": column["type"],
            "evidence": evidence(column, profile["rows"]),
            "picture": _picture(column),
        }
        for column in profile["columns"]
    ]
    page = Environment(autoescape=True).from_string(PAGE)
    return page.render(title=title, summary=summary(profile), columns=columns)


def summary(profile: Profiled) -> str:
    """Return one sentence on the rows of a profile."""
    keys = " or ".join("(" + ", ".join(key) + ")" for key in profile["keys"])
    return (
        f"{profile['rows']:,} rows in {profile['files']:,} files: {profile['malformed']:,} are "
        f"malformed, {profile['duplicates']:,} are equal to another one; "
        + (f"no two share {keys}" if keys else "no columns tell all rows apart")
    )


def _picture(column: Profiled) -> str:
    """Draw a histogram of numbers, or the most common values of all else."""
    bars = column["bins"] or [(text, rows) for text, rows in column["common"][:MOST_BARS]]
    if not bars:
        return ""
    figure = Figure(figsize=(3.2, 1.4), layout="constrained")
    axes = figure.subplots()
    if column["bins"]:
        centres = [centre for centre, _ in bars]
        width = min((b - a for a, b in pairwise(centres)), default=1.0)
        axes.bar(centres, [rows for _, rows in bars], width=width)
    else:
        # By place: values that are numbers would be drawn at them.
        axes.barh(range(len(bars)), [rows for _, rows in bars])
        axes.set_yticks(range(len(bars)), [_short(text) for text, _ in bars])
        axes.invert_yaxis()
    axes.tick_params(labelsize=6)
    written = StringIO()
    # The same picture has the same ids each time, and no date.
    with mpl.rc_context({"svg.hashsalt": column["name"]}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    _, start, drawn = written.getvalue().partition("<svg")
    return start + drawn


def _short(text: str, most: int = 16) -> str:
    # A dollar sign would begin a formula.
    plain = text.replace("$", r"\$")
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"
