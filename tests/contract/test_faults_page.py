"""docs/faults.md says of each crash what tests/chaos/tried.jsonl has of it."""

from __future__ import annotations

import re

from tests.chaos.page import PAGE
from tests.chaos.suites import SUITES, read_results
from tests.chaos.tried import read_tried


def test_the_page_counts_the_crashes_that_were_tried_and_names_their_points() -> None:
    tried, text = read_tried(), PAGE.read_text("utf-8")
    equal = sum(how.is_equal for how in tried.values())
    assert f"**{equal} of {len(tried)} crashes ended equal.**" in text
    rows = set(re.findall(r"^\| (\w+: .+?) \|", text, re.MULTILINE))
    assert {crash.point.replace("*", "…") for crash in tried} <= rows
    assert {how.commit for how in tried.values()} <= {*re.findall(r"[0-9a-f]{10}", text)}


def test_the_page_has_how_each_suite_ended() -> None:
    text, results = PAGE.read_text("utf-8"), read_results()
    assert results.keys() <= SUITES.keys()
    for name, how in results.items():
        counts = f"| {how.passed:,} | {how.failed:,} | {how.skipped:,} | {how.day} | {how.commit} |"
        assert f"| {SUITES[name].title} {counts}" in text
        assert (how.failed, how.passed > 0) == (0, True)
