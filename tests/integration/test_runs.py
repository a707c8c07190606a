"""The best run is found by a workspace that neither orders by a metric nor reads quoted names."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient

from aml_pipelines.verbs.runs import add_arguments, find, read_search
from conf.target_file import load_target

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.verbs.runs import Search

EXPERIMENT = "experiment: flights\n"


@pytest.fixture
def uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Keep runs as Azure ML's MLflow does, which refuses what it documents as not supported."""
    asked_of_sqlite = MlflowClient.search_runs

    def search_runs(client: MlflowClient, *given: object, **more: object) -> object:
        asked = f"{given} {more}"
        assert "`" not in asked, "escaped names are not supported"
        assert "metrics." not in str(more.get("order_by")), "ordering by metrics is not supported"
        return asked_of_sqlite(client, *given, **{"max_results": 2, **more})

    monkeypatch.setattr(MlflowClient, "search_runs", search_runs)
    return f"sqlite:///{tmp_path}/mlflow.db"


def keep(uri: str, experiment: str, **aucs: float | None) -> None:
    """Keep a run for each of `aucs`; one without any has another metric."""
    client = MlflowClient(uri)
    there = client.create_experiment(experiment)
    for name, auc in aucs.items():
        run = client.create_run(there, run_name=name).info.run_id
        client.log_metric(run, "rows" if auc is None else "auc", 5 if auc is None else auc)


def search_for(tmp_path: Path, *words: str, more: str = "") -> Search:
    target = tmp_path / "here.yml"
    target.write_text(
        "lake: lake\nworkspace: {subscription_id: s, resource_group: g, name: n, location: l}\n"
        f'spark: {{master: "local[1]"}}\n{more}'
    )
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return read_search(parser.parse_args(["training", *words]), load_target(str(target)))


def found(uri: str, search: Search) -> list[str | None]:
    return [run.info.run_name for run in find(search, uri)]


def test_the_best_run_is_first_on_whatever_page_it_is_and_one_without_the_metric_last(
    tmp_path: Path, uri: str
) -> None:
    keep(uri, "training", best=0.9, none=None, worst=0.5, unknown=float("nan"), good=0.7)
    names = found(uri, search_for(tmp_path, "--highest", "auc"))
    assert names[:3] == ["best", "good", "worst"]
    assert sorted(map(str, names[3:])) == ["none", "unknown"]
    assert found(uri, search_for(tmp_path, "--highest", "auc", "--limit", "1")) == ["best"]
    assert found(uri, search_for(tmp_path, "--lowest", "auc", "--limit", "2")) == ["worst", "good"]


def test_conditions_are_asked_of_the_workspace_in_plain_names(tmp_path: Path, uri: str) -> None:
    keep(uri, "training", best=0.9, worst=0.5)
    words = ("--where", "auc > 0.6", "--tag", "mlflow.runName=best")
    assert found(uri, search_for(tmp_path, *words)) == ["best"]


def test_a_name_that_is_no_word_is_quoted(tmp_path: Path) -> None:
    search = search_for(tmp_path, "--where", "f1 score > 0.6", "--where", "val/auc > 0.6")
    assert search.filter == "metrics.`f1 score` > 0.6 and metrics.`val/auc` > 0.6"


def test_runs_that_a_target_keeps_in_its_own_experiment_are_found(tmp_path: Path, uri: str) -> None:
    keep(uri, "flights", best=0.9)
    search = search_for(tmp_path, "--highest", "auc", more=EXPERIMENT)
    assert found(uri, search) == ["best"]
    keep(uri, "training", before=0.8)
    assert found(uri, search) == ["best", "before"]
