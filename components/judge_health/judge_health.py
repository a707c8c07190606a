"""Judge what arrived, its scores and the model against the champion's training and the past."""

from __future__ import annotations

import json
from pathlib import Path

from assets.mltables import read_rows
from conf.arguments import arguments
from conf.dataset import load_dataset
from conf.model import load_model
from conf.monitor import load_monitor
from conf.step_files import write_step_file
from learning.rows import label_of
from monitoring.column_summary import read_summaries
from monitoring.finding import FILE_NAME
from monitoring.health import day_of, judge_health, with_scores_of_test
from monitoring.health_page import PAGE_NAME, health_page
from monitoring.performance import performance_of
from monitoring.tested import score_test
from scorer import load_scorer
from spark_jobs.receipt import FILE_NAME as RECEIPT
from spark_jobs.receipt import Receipt


def main(
    *,
    dataset: str,
    model_name: str,
    as_of: str,
    reference: str,
    summary: str,
    model: str,
    test: str,
    findings: str,
    receipt: str,
) -> None:
    spec, monitor = load_model(model_name), load_monitor(load_dataset(dataset).name)
    found = json.loads(Path(reference, "reference.json").read_text(encoding="utf-8"))
    watching = read_summaries(Path(summary))
    scorer = load_scorer(Path(model), task=spec.task, threshold=spec.threshold)
    on_test = score_test(scorer, read_rows(test), watching.bins, spec, metric=found["tested"])
    watching = with_scores_of_test(watching, on_test.scores)
    performance = performance_of(watching, on_test.tested, spec)
    health = judge_health(
        watching,
        performance,
        spec,
        monitor,
        model_version=found["model_version"],
        label=label_of(spec),
        as_of=day_of(as_of),
        importance=on_test.importances,
    )
    write_step_file(findings, FILE_NAME, health.to_json())
    write_step_file(findings, PAGE_NAME, health_page(health, watching, performance))
    verdict = health.verdict
    record = Receipt("judge_health", dataset, verdict, {}, details={"verdict": verdict})
    write_step_file(receipt, RECEIPT, record.to_json())


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
