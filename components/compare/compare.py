"""Select the best candidate on validation, hold it against the champion on test, and decide."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from assets.client import workspace_client
from assets.mltables import read_card, read_rows
from conf.model import CANDIDATES, load_model
from learning.champion import content_of, download, find_champion
from learning.decision import FILE_NAME, decide, write_decision
from learning.gate import judge
from learning.reports import read_report, refuse_mix, select_best
from learning.rows import outcome_of
from scorer import load_scorer

if TYPE_CHECKING:
    import pandas as pd

    from learning.champion import Champion
    from learning.metrics import Vector

SLOTS = range(1, CANDIDATES + 1)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model_name", required=True)
    parser.add_argument("--test", required=True)
    for slot in SLOTS:
        parser.add_argument(f"--model_{slot}", required=True)
        parser.add_argument(f"--report_{slot}", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--decision", required=True)
    return parser


def main(*, model_name: str, test: str, model: str, decision: str, **slots: str) -> None:
    spec = load_model(model_name)
    card = read_card(test)
    reports = [read_report(Path(slots[f"report_{slot}"])) for slot in SLOTS]
    refuse_mix(reports, card.release)
    best = select_best(reports, spec)
    winner = Path(slots[f"model_{best.slot}"])
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
    main(**vars(arguments().parse_args()))
