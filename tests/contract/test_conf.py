"""Every file of conf states what its loader accepts, and models and pipelines fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conf.dataset import load_dataset
from conf.model import CANDIDATES, load_model
from conf.monitor import load_monitor
from conf.target_file import load_target
from tests.contract.files import (
    DATASETS,
    MODELS,
    MONITORS,
    REPOSITORY,
    TARGETS,
    read_yaml,
    short_name,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("file", DATASETS, ids=short_name)
def test_a_contract_and_those_related_to_it_load(file: Path) -> None:
    contract = load_dataset(file.stem)
    assert [load_dataset(name).name for name in contract.related] == list(contract.related)


@pytest.mark.parametrize("file", MODELS, ids=short_name)
def test_a_model_learns_from_a_dataset_that_has_a_label_and_a_split(file: Path) -> None:
    contract = load_dataset(load_model(file.stem).dataset)
    assert contract.label is not None
    assert contract.split is not None
    assert contract.label.name not in load_model(file.stem).features


@pytest.mark.parametrize("file", MODELS, ids=short_name)
def test_every_candidate_has_a_slot_in_the_training_pipeline(file: Path) -> None:
    jobs = read_yaml(REPOSITORY / "aml_pipelines" / "training.yml")["jobs"]
    slots = {
        job["inputs"]["slot"]: name for name, job in jobs.items() if "slot" in job.get("inputs", {})
    }
    candidates = list(read_yaml(file)["candidates"])
    without = [name for slot, name in enumerate(candidates, start=1) if slot not in slots]
    assert not without, f"candidates without a slot in training.yml: {without}"


def test_the_training_pipeline_has_each_slot_once() -> None:
    jobs = read_yaml(REPOSITORY / "aml_pipelines" / "training.yml")["jobs"]
    slots = [job["inputs"]["slot"] for job in jobs.values() if "slot" in job.get("inputs", {})]
    assert sorted(slots) == list(range(1, CANDIDATES + 1))


@pytest.mark.parametrize("file", MONITORS, ids=short_name)
def test_a_monitor_is_of_a_dataset_and_loads(file: Path) -> None:
    assert load_monitor(load_dataset(file.stem).name).dataset == file.stem


@pytest.mark.parametrize("file", TARGETS, ids=short_name)
def test_a_target_loads(file: Path) -> None:
    assert load_target(file.stem).name == file.stem
