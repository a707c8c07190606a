"""The HTML page that shows why a winner became champion, or did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment

from learning.plots import as_svg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<style>
 body {font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem}
 table {border-collapse: collapse; margin: 1rem 0} td, th {padding: .2rem .8rem; text-align: left}
 tr {border-bottom: 1px solid #ddd} figure {display: inline-block; margin: 0 1rem 1rem 0}
</style></head><body>
<h1>{{ title }}</h1>
<p><strong>{{ verdict }}</strong></p>
{% if reasons %}<ul>{% for reason in reasons %}<li>{{ reason }}</li>{% endfor %}</ul>{% endif %}
{% for caption, rows in tables.items() %}<h2>{{ caption }}</h2>
<table><tr>{% for name in rows[0] %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in rows %}<tr>{% for value in row.values() %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endfor %}
{% for caption, svg in pictures.items() %}
<figure><figcaption>{{ caption }}</figcaption>{{ svg | safe }}</figure>
{% endfor %}
</body></html>
"""


def render(
    *,
    title: str,
    verdict: str,
    reasons: Sequence[str],
    tables: Mapping[str, Sequence[Mapping[str, object]]],
    figures: Mapping[str, Figure],
) -> str:
    """Return a page that loads nothing from elsewhere; all text is escaped."""
    return (
        Environment(autoescape=True)
        .from_string(PAGE)
        .render(
            title=title,
            verdict=verdict,
            reasons=reasons,
            tables={caption: rows for caption, rows in tables.items() if rows},
            pictures={caption: as_svg(figure) for caption, figure in figures.items()},
        )
    )
