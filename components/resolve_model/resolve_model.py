"""Find a version of a model, mostly the champion, and copy it with its name for the scoring."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from assets.client import workspace_client
from conf.arguments import arguments
from conf.step_files import write_step_file
from learning.champion import (
    CHAMPION,
    DESCRIPTION,
    Champion,
    ChampionError,
    download,
    find_champion,
    find_version,
    run_id,
)

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def main(*, model_name: str, model_version: str, model: str, run: str) -> None:
    """Copy a version, which is a number or `champion`, to the folder `model`."""
    found = _find(workspace_client(), model_name, model_version)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(download(found, Path(folder)), model, dirs_exist_ok=True)
    # In a folder of its own: a run's id differs every time, and `score` is reused while its inputs
    # are the same.
    about = {"name": found.name, "version": found.version}
    write_step_file(model, DESCRIPTION, json.dumps(about))
    write_step_file(run, "run_id.json", json.dumps({"run_id": run_id()}))


def _find(client: MLClient, name: str, version: str) -> Champion:
    if version != CHAMPION:
        return find_version(client, name, version)
    champion = find_champion(client, name)
    if champion is None:
        raise ChampionError(
            f"model {name!r} has no champion; train one: python -m aml_pipelines run training"
        )
    return champion


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
