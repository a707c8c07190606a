"""What dev has tried is what prod deploys, whatever was trained since: by verb, in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.azure.release import mark_released
from tests.integration.azure_verbs import Typed, typing_at
from tests.integration.deployable import (
    client_of,
    register,
    releases_of,
    rows_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.sdk,
    # the SDK's own on import, and those of MLflow about a model without a lock
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
ONLINE = ("deploy", "online", "--model", "late", "--release", "7")
PROMOTE = ("promote", "late", "--release", "7", "--from")


@pytest.fixture(autouse=True)
def _tracking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what MLflow creates to save a model out of the repository."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "tracking").as_uri())


@pytest.fixture
def dev(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    with typing_at(tmp_path / "dev" / "lake", capsys, "dev") as here:
        yield here
        here("teardown", "--confirm", "here")


@pytest.fixture
def prod(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    with typing_at(tmp_path / "prod" / "lake", capsys, "prod") as here:
        yield here
        here("teardown", "--confirm", "here")


@pytest.mark.slow
def test_prod_deploys_what_dev_has_tried_and_not_its_own_newest_champion(
    dev: Typed, prod: Typed, tmp_path: Path
) -> None:
    rows = str(rows_file(tmp_path, distance=3.0))
    register(dev, tmp_path, 1)
    assert "azureml:late:1, 100 %" in dev(*ONLINE, "--rows", rows)
    register(dev, tmp_path, 2)
    register(prod, tmp_path, 8)
    told = prod(*PROMOTE, str(dev.target))
    assert told == "model late:2: registered, it is dev/late:1\n"
    register(prod, tmp_path, 9)
    assert releases_of(prod) == {"2": "7"}
    assert "azureml:late:2, 100 %" in prod(*ONLINE, "--rows", rows)
    assert '"score": 1.0' in prod("invoke", "online", "--rows", rows)


@pytest.mark.slow
def test_a_version_takes_the_release_only_once_it_has_scored_the_rows_and_then_keeps_it(
    dev: Typed, tmp_path: Path
) -> None:
    register(dev, tmp_path, 1)
    wrong = rows_file(tmp_path, seats=3.0)
    assert "rows have no columns" in dev(*ONLINE, "--rows", str(wrong), code=1)
    assert releases_of(dev) == {}
    right = rows_file(tmp_path, distance=3.0)
    assert "deployment blue: azureml:late:1" in dev(*ONLINE, "--rows", str(right))
    register(dev, tmp_path, 2)
    again = dev(*ONLINE, "--rows", str(right))
    assert "deployment blue: unchanged, it is release 7" in again
    assert "azureml:late:1, 100 % of the traffic" in again
    assert releases_of(dev) == {"1": "7"}
    assert [item.name for item in client_of(dev).online_deployments.list("trips-online")] == [
        "blue"
    ]


def test_what_dev_has_not_deployed_is_not_promoted_and_the_way_to_do_so_is_told(
    dev: Typed, prod: Typed, tmp_path: Path
) -> None:
    register(dev, tmp_path, 1)
    told = prod(*PROMOTE, str(dev.target), code=1)
    assert "no version of model 'late' carries release '7' in 'here'" in told
    assert f"deploy online --model late --release 7 --target {dev.target}" in told


def test_a_version_that_prod_has_already_takes_the_release(
    dev: Typed, prod: Typed, tmp_path: Path
) -> None:
    register(dev, tmp_path, 1)
    assert prod("promote", "late", "--from", str(dev.target)) == (
        "model late:1: registered, it is dev/late:1\n"
    )
    mark_released(client_of(dev), "azureml:late:1", "7")
    assert prod(*PROMOTE, str(dev.target)) == "model late:1: unchanged, it is dev/late:1\n"
    assert releases_of(prod) == {"1": "7"}


def test_a_release_is_one_version(dev: Typed, tmp_path: Path) -> None:
    register(dev, tmp_path, 1)
    register(dev, tmp_path, 2)
    mark_released(client_of(dev), "azureml:late:1", "7")
    other = ("deploy", "batch", "--model", "late:2", "--release", "7")
    assert "release '7' of model 'late' is version 1, not 2" in dev(*other, code=1)
    mark_released(client_of(dev), "azureml:late:2", "7")
    assert "versions 1, 2 of model 'late' carry release '7'" in dev(*ONLINE, code=1)


def test_a_release_without_an_id_is_refused(dev: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        dev("deploy", "online", "--release", "")
    assert "it takes the id of the delivery's run" in capsys.readouterr().err
