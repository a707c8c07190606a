"""What Azure would find after a cold start is found before: a folder of testdata is a case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aml_pipelines.azure import packages
from aml_pipelines.azure.check import azure_findings, refuse_failing, sign_in_problem
from conf.errors import UserError
from conf.target import Identity
from conf.target_file import load_target

TESTDATA = Path(__file__).with_name("testdata")
CASES = sorted(file.parent for file in TESTDATA.glob("*/pipeline.yml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_finding_names_file_line_and_fix(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    found = azure_findings(Path("pipeline.yml"), load_target("target.yml"))
    told = [f"{'' if item.fails else 'costs: '}{item}" for item in found]
    expected = (case / "findings.txt").read_text(encoding="utf-8").splitlines()
    assert [line.replace(str(TESTDATA), "<cases>") for line in told] == expected


def test_what_only_costs_is_told_and_what_fails_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TESTDATA / "conda_on_a_spark_job")
    found = azure_findings(Path("pipeline.yml"), load_target("target.yml"))
    with pytest.raises(UserError, match=r"none\.zip") as refused:
        refuse_failing(found)
    assert len(refused.value.problems) == 1
    assert refuse_failing([item for item in found if not item.fails])


def test_a_service_principal_cannot_submit_for_a_user() -> None:
    dev = load_target("dev")
    user = replace(dev, identity=Identity("user_identity"))
    signed_in = {"AZURE_CLIENT_SECRET": "s3cret"}
    told = sign_in_problem(user, signed_in)
    assert "AZURE_CLIENT_SECRET signs in a service principal" in told
    assert "s3cret" not in told
    assert sign_in_problem(dev, signed_in) == ""
    assert sign_in_problem(user, {}) == ""


def test_an_environment_that_differs_from_the_spark_image_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spark").mkdir()
    (tmp_path / "train").mkdir()
    (tmp_path / "spark" / "runtime-packages.txt").write_text(
        "scikit-learn==1.6.1\nxgboost==3.0.1\n"
    )
    (tmp_path / "spark" / "differences.txt").write_text(
        "# why\nxgboost xgboost-cpu==3.0.1 smaller\n"
    )
    (tmp_path / "train" / "conda.yml").write_text(
        "dependencies: [pip, {pip: [scikit-learn==1.7.0, xgboost==2.0.0, flask==3.0.0]}]\n"
    )
    monkeypatch.setattr(packages, "ENVIRONMENTS", tmp_path)
    (told,) = packages.pinned_differently("azureml:train:1")
    assert told.startswith("environment 'train' pins scikit-learn==1.7.0, but Azure's Spark image")
    assert packages.pinned_differently("azureml:another:1") == []
