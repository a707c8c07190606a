"""The champion of a model by verb: named, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.azure.client import workspace_client
from conf.target_file import load_target

if TYPE_CHECKING:
    from pathlib import Path

    from azure.ai.ml import MLClient

    from tests.integration.azure_verbs import Typed

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]


def client_of(typed: Typed) -> MLClient:
    return workspace_client(load_target(str(typed.target)))


def register(client: MLClient, folder: Path, *contents: str) -> None:
    """Register a version of `late` for each of `contents`, champions all."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415 # it warns on import, by itself

    for content in contents:
        files = folder / content
        files.mkdir(parents=True)
        (files / "MLmodel").write_text("flavors: {}\n")
        tags = {"champion": "true", "content": content}
        client.models.create_or_update(
            Model(name="late", type="mlflow_model", path=files, description=content, tags=tags)
        )


def test_after_a_roll_back_the_champion_before_is_champion_again(
    typed: Typed, tmp_path: Path
) -> None:
    client = client_of(typed)
    register(client, tmp_path / "models", "first", "second")
    assert typed("champion", "late") == "late:2\n"
    assert "take the tag champion off" in typed("champion", "late", "--roll-back", "--dry-run")
    assert typed("champion", "late", "--roll-back") == ("late:1 is champion again; late:2 is not\n")
    assert typed("champion", "late") == "late:1\n"
    assert client.models.get("late", "2").tags == {"champion": "false", "content": "second"}
    told = typed("champion", "late", "--roll-back", code=1)
    assert "model 'late' has no champion before to go back to" in told
