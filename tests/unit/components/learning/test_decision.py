"""A decision is written as a record for programs and as a page for people."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np

from assets.mltables import Card
from learning.champion import Champion
from learning.decision import Decision, decide, decision_page, write_decision
from learning.gate import Interval, Judgement
from learning.training_report import TrainingReport
from tests.unit.components.models import model_of

if TYPE_CHECKING:
    from pathlib import Path

OUTCOME = np.array([0.0, 1.0, 0.0, 1.0])
SCORES = {"winner": np.array([0.1, 0.9, 0.2, 0.7]), "champion": np.array([0.3, 0.6, 0.5, 0.4])}
NAMES = ["on time", "late"]
SLICES = {"city=<b>Ulm</b>": {"rows": 4.0, "winner": 1.0, "champion": 0.75, "gain": 0.25}}
BEATEN = Judgement(
    passes=False,
    reasons=("gain is <none> & nil",),
    winner=Interval(0.9, 0.8, 0.95),
    champion=Interval(0.91, 0.82, 0.96),
    gain=Interval(-0.01, -0.1, 0.1),
    slices=SLICES,
)
FIRST = replace(BEATEN, passes=True, reasons=(), champion=None, gain=None, slices={})
REPORT = TrainingReport("<script>alert(1)</script>", 1, {"roc_auc": 0.87654}, "r1", ("d:1",), "run")
CARD = Card("late_test", "3", "r1", "/lake/gold/late/test", 2, 1234, "c0ffee")


class Elements(HTMLParser):
    """The elements of a page and its text; entities are resolved, as a browser does."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.opened.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def decision(judged: Judgement, champion: Champion | None) -> Decision:
    return decide(
        model_of(),
        judged,
        best=REPORT,
        candidates=[REPORT],
        content="abc",
        champion=champion,
        test=CARD,
    )


def test_a_verdict_says_who_is_champion_now() -> None:
    winner, champion = REPORT.candidate, Champion("late", "7", {})
    assert decision(FIRST, None).verdict == f"{winner} passes the gate"
    assert decision(FIRST, champion).verdict == f"{winner} passes the gate, in place of late v7"
    stays = f"{winner} does not pass the gate: late v7 stays champion"
    assert decision(BEATEN, champion).verdict == stays
    none_yet = f"{winner} does not pass the gate: there is no champion yet"
    assert decision(BEATEN, None).verdict == none_yet


def test_the_record_holds_what_was_weighed(tmp_path: Path) -> None:
    decided = decision(BEATEN, Champion("late", "7", {}))
    write_decision(tmp_path, decided, OUTCOME, SCORES, spec=model_of(), names=NAMES)
    found = json.loads((tmp_path / "decision.json").read_text())
    assert found["champion"] == "late v7"
    assert (found["test_data"], found["test_rows"], found["release"]) == ("late_test:3", 1234, "r1")
    assert found["judgement"]["gain"] == {"value": -0.01, "low": -0.1, "high": 0.1}
    assert found["judgement"]["passes"] is False
    assert found["candidates"][0]["validation"] == {"roc_auc": 0.87654}
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


def test_the_page_shows_names_as_text_never_as_elements() -> None:
    page = decision_page(
        *(decision(BEATEN, Champion("late", "7", {})), OUTCOME, SCORES),
        spec=model_of(),
        names=NAMES,
    )
    shown = Elements(page)
    assert "script" not in shown.opened
    assert "b" not in shown.opened
    assert "<script>alert(1)</script> does not pass the gate: late v7 stays" in shown.text
    assert "gain is <none> & nil" in shown.text
    assert "city=<b>Ulm</b>" in shown.text


def test_the_page_has_its_tables_and_plots_in_it_and_asks_nobody_for_more() -> None:
    page = decision_page(
        *(decision(BEATEN, Champion("late", "7", {})), OUTCOME, SCORES),
        spec=model_of(),
        names=NAMES,
    )
    shown = Elements(page)
    assert (shown.opened.count("svg"), shown.opened.count("figure")) == (5, 5)
    assert shown.opened.count("table") == 3
    assert {"img", "link", "iframe", "object"} & set(shown.opened) == set()
    assert "0.8765" in shown.text
    assert "1,234" in shown.text
    assert "-0.0100 [-0.1000, 0.1000]" in shown.text


def test_the_page_of_a_first_regression_has_no_gain_and_no_calibration() -> None:
    page = decision_page(
        *(decision(FIRST, None), OUTCOME, {"winner": SCORES["winner"]}),
        spec=model_of(task="regression", metric="rmse"),
        names=[],
    )
    shown = Elements(page)
    assert shown.opened.count("svg") == 2
    assert "gain" not in shown.text.lower()
    assert "Calibration" not in shown.text
