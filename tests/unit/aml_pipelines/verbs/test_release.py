"""`release` finds the dataset of a batch, and says what to type where the lake is no folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("datasets", "told"),
    [
        ([], "batch 'b1': no dataset has it"),
        (["rides", "trips"], "batch 'b1': datasets ['rides', 'trips'] have it: name one with"),
    ],
)
def test_a_batch_of_no_dataset_or_of_several_is_refused_with_what_helps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], datasets: list[str], told: str
) -> None:
    for dataset in datasets:
        (tmp_path / "lake" / "batches" / dataset / "b1").mkdir(parents=True)
    names = {"subscription_id": "s", "resource_group": "g", "name": "w"}
    target = {"lake": str(tmp_path / "lake"), "workspace": names, "spark": {"master": "local[2]"}}
    (tmp_path / "local.yml").write_text(json.dumps(target))
    assert main(["release", "b1", f"--target={tmp_path / 'local.yml'}"]) == 2
    assert told in capsys.readouterr().err


def test_in_azure_the_component_is_submitted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "b1", "--by=Ada", "--target=dev"]) == 2
    told = capsys.readouterr().err
    assert "python -m aml_pipelines submit release --target dev --as-of now" in told
    assert "--set inputs.batch=b1 --set inputs.person=Ada" in told
