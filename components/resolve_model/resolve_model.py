"""Find the champion of a model and copy its folder, name and version for the scoring steps."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from assets.client import workspace_client
from conf.arguments import arguments
from conf.step_files import write_step_file
from learning.champion import DESCRIPTION, ChampionError, download, find_champion, run_id


def main(*, model_name: str, model: str, run: str) -> None:
    champion = find_champion(workspace_client(), model_name)
    if champion is None:
        raise ChampionError(
            f"model {model_name!r} has no champion; train one: python -m aml_pipelines run training"
        )
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(download(champion, Path(folder)), model, dirs_exist_ok=True)
    # In a folder of its own: a run's id differs every time, and `score` is reused while its inputs
    # are the same.
    about = {"name": champion.name, "version": champion.version}
    write_step_file(model, DESCRIPTION, json.dumps(about))
    write_step_file(run, "run_id.json", json.dumps({"run_id": run_id()}))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
