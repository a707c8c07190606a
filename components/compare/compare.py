"""Select the best candidate on validation, compare it with the champion on test, and decide."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from assets.client import workspace_client
from assets.mltables import read_card, read_rows
from conf.arguments import arguments
from conf.model import load_model
from learning.champion import content_of, download, find_champion
from learning.decision import FILE_NAME, decide, write_decision
from learning.gate import judge
from learning.rows import outcome_of
from learning.training_report import read_report, refuse_mix, select_best
from scorer import load_scorer

if TYPE_CHECKING:
    import pandas as pd

    from learning.champion import Champion
    from learning.metrics import Vector


def main(
    *,
    model_name: str,
    test: str,
    model_1: str,
    model_2: str,
    model_3: str,
    report_1: str,
    report_2: str,
    report_3: str,
    model: str,
    decision: str,
) -> None:
    spec = load_model(model_name)
    card = read_card(test)
    reports = [read_report(Path(folder)) for folder in (report_1, report_2, report_3)]
    refuse_mix(reports, card.release)
    best = select_best(reports, spec)
    winner = Path((model_1, model_2, model_3)[best.slot - 1])
    rows = read_rows(test)
    outcome = outcome_of(rows, spec)
    champion = find_champion(workspace_client(), spec.name)
    scores = {"winner": score(winner, rows)}
    content = content_of(winner)
    if champion:
        is_same = champion.tags.get("content") == content
        scores["champion"] = scores["winner"] if is_same else score_champion(champion, rows)
    judgement = judge(
        outcome, scores["winner"], scores.get("champion"), rows[list(spec.slices)], spec
    )
    decided = decide(
        spec,
        judgement,
        best=best,
        candidates=reports,
        content=content,
        champion=champion,
        test=card,
    )
    write_decision(Path(decision), decided, outcome, scores, spec.task)
    shutil.copytree(winner, model, dirs_exist_ok=True)
    shutil.copy(Path(decision, FILE_NAME), model)


def score(model: Path, rows: pd.DataFrame) -> Vector:
    """Return the scores (n,) of rows: probabilities of class 1, or predictions."""
    scores: Vector = load_scorer(model).score(rows)["score"].to_numpy()
    return scores


def score_champion(champion: Champion, rows: pd.DataFrame) -> Vector:
    """Score the same rows with the champion, which takes its own features from them."""
    with tempfile.TemporaryDirectory() as folder:
        return score(download(champion, Path(folder)), rows)


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
