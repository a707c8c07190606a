"""The decision on a winner: what was compared on which rows, and why it is registered or not."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from conf.step_files import write_step_file
from learning.page import render
from learning.plots import calibration, confusion, intervals, ranking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from assets.mltables import Card
    from conf.model import Model
    from learning.champion import Champion
    from learning.gate import Judgement
    from learning.metrics import Vector
    from learning.training_report import TrainingReport

FILE_NAME = "decision.json"
PAGE_NAME = "report.html"


@dataclass(frozen=True)
class Decision:
    """The judgement on a winner, with everything that it was based on."""

    model: str
    metric: str
    winner: str
    winner_content: str
    champion: str | None
    test_data: str
    test_rows: int
    release: str
    judgement: Judgement
    candidates: tuple[TrainingReport, ...]

    @property
    def verdict(self) -> str:
        kept = f"{self.champion} stays champion" if self.champion else "there is no champion yet"
        if self.judgement.passes:
            beaten = f", in place of {self.champion}" if self.champion else ""
            return f"{self.winner} passes the gate{beaten}"
        return f"{self.winner} does not pass the gate: {kept}"


def decide(
    model: Model,
    judgement: Judgement,
    *,
    best: TrainingReport,
    candidates: Sequence[TrainingReport],
    content: str,
    champion: Champion | None,
    test: Card,
) -> Decision:
    return Decision(
        model=model.name,
        metric=model.metric,
        winner=best.candidate,
        winner_content=content,
        champion=champion.title if champion else None,
        test_data=test.reference,
        test_rows=test.rows,
        release=test.release,
        judgement=judgement,
        candidates=tuple(candidates),
    )


def write_decision(
    folder: Path,
    decision: Decision,
    outcome: Vector,
    scores: Mapping[str, Vector],
    *,
    spec: Model,
    names: Sequence[str],
) -> None:
    """Write the decision as JSON for programs and as a page for people.

    `names` are those of the classes, in the order of their codes; none in a regression.
    """
    write_step_file(folder, FILE_NAME, json.dumps(asdict(decision), indent=2))
    page = decision_page(decision, outcome, scores, spec=spec, names=names)
    write_step_file(folder, PAGE_NAME, page)


def decision_page(
    decision: Decision,
    outcome: Vector,
    scores: Mapping[str, Vector],
    *,
    spec: Model,
    names: Sequence[str],
) -> str:
    judged = decision.judgement
    estimates = {"winner": judged.winner} | (
        {"champion": judged.champion} if judged.champion else {}
    )
    figures = {"Ranking on test": ranking(outcome, scores, spec.task)}
    figures[f"{decision.metric} on test"] = intervals(estimates, decision.metric)
    if judged.gain:
        figures["Gain over the champion"] = intervals({"gain": judged.gain}, "gain")
    if spec.task == "classification":
        figures["Calibration on test"] = calibration(outcome, scores)
        figures["Classes of the winner on test"] = confusion(
            outcome, scores["winner"], names, threshold=spec.threshold
        )
    return render(
        title=f"{decision.model}: {decision.winner} on {decision.test_data}",
        verdict=decision.verdict,
        reasons=judged.reasons,
        tables={
            "Candidates on validation": [
                {"candidate": report.candidate}
                | {name: f"{value:.4f}" for name, value in report.validation.items()}
                for report in decision.candidates
            ],
            "Test": [
                {
                    "rows": f"{decision.test_rows:,}",
                    **{name: str(interval) for name, interval in estimates.items()},
                    **({"gain": str(judged.gain)} if judged.gain else {}),
                }
            ],
            "Slices": [
                {"slice": name, **{key: f"{value:.4g}" for key, value in gains.items()}}
                for name, gains in judged.slices.items()
            ],
        },
        figures=figures,
    )
