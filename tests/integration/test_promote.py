"""A model goes from dev's workspace to prod's as it is: nothing is trained again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.azure.client import workspace_client
from aml_pipelines.hashing import content_hash
from aml_pipelines.workspace.assets.registry import Registry
from conf.target_file import load_target
from tests.integration.azure_verbs import Typed, typing_at

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]


@pytest.fixture
def dev(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    from azure.ai.ml.entities import Model  # noqa: PLC0415 # seconds, and warnings, on import

    with typing_at(tmp_path / "dev" / "lake", capsys) as here:
        model = tmp_path / "model"
        (model / "data").mkdir(parents=True)
        (model / "MLmodel").write_text("flavors: {}\n")
        (model / "data" / "weights.bin").write_bytes(bytes(range(256)))
        client = workspace_client(load_target(str(here.target)))
        for champion in ("true", "false"):
            tags = {"champion": champion, "decision": "it passed"}
            late = Model(name="late", type="mlflow_model", path=str(model), tags=tags)
            client.models.create_or_update(late)
        yield here


@pytest.fixture
def prod(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    with typing_at(tmp_path / "prod" / "lake", capsys, "prod") as here:
        yield here


def test_the_champion_is_promoted_with_its_files_and_tags_and_then_left_as_it_is(
    dev: Typed, prod: Typed, tmp_path: Path
) -> None:
    words = ("promote", "late", "--from", str(dev.target))
    assert prod(*words) == "model late:1: registered, it is local/late:1\n"
    found = Registry(prod.lake).model("late")
    assert found.tags["champion"] == "true"
    assert found.tags["decision"] == "it passed"
    assert found.tags["promoted_from"] == "local/late:1"
    assert found.source
    assert content_hash(Path(found.source)) == content_hash(tmp_path / "model")
    assert prod(*words) == "model late:1: unchanged, it is local/late:1\n"
