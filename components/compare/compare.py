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
from learning.alike import class_names, classes_known, score_alike
from learning.champion import content_of, download, find_champion
from learning.decision import FILE_NAME, decide, write_decision
from learning.gate import judge
from learning.rows import outcome_of
from learning.training_report import read_report, refuse_mix, select_best
from scorer import load_scorer

if TYPE_CHECKING:
    from learning.champion import Champion
    from scorer import Scorer


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
    scorer = load_scorer(winner)
    champion = find_champion(workspace_client(), spec.name)
    content = content_of(winner)
    scorers = {"winner": scorer}
    if champion:
        is_same = champion.tags.get("content") == content
        scorers["champion"] = scorer if is_same else load_champion(champion)
    outcome = outcome_of(rows, spec, classes_known(scorer), part="test")
    scores = score_alike(scorers, rows, spec)
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
    write_decision(Path(decision), decided, outcome, scores, spec=spec, names=class_names(scorers))
    shutil.copytree(winner, model, dirs_exist_ok=True)
    shutil.copy(Path(decision, FILE_NAME), model)


def load_champion(champion: Champion) -> Scorer:
    with tempfile.TemporaryDirectory() as folder:
        return load_scorer(download(champion, Path(folder)))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
