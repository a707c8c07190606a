"""Find the training release of a champion, which what arrives is held against."""

from __future__ import annotations

import json
from pathlib import Path

from assets.client import workspace_client
from assets.registration import find_released
from conf.arguments import arguments
from conf.model import load_model
from conf.step_files import write_step_file
from learning.champion import DESCRIPTION, ChampionError


def main(*, model_name: str, model: str, reference: str) -> None:
    about = json.loads(Path(model, DESCRIPTION).read_text(encoding="utf-8"))
    client = workspace_client()
    tags = client.models.get(about["name"], version=about["version"]).tags or {}
    if "release" not in tags:
        raise ChampionError(
            f"{about['name']} v{about['version']} has no tag 'release', which names the rows that "
            "it learnt from; train a champion: python -m aml_pipelines run training"
        )
    train = find_released(client, f"{load_model(model_name).dataset}_train", tags["release"])
    learnt = train.tags or {}
    found = {
        "model_version": about["version"],
        "release": tags["release"],
        "train": {
            "uri": learnt["source_table"],
            "id": learnt["source_table_id"],
            "version": int(learnt["source_version"]),
            "rows": int(learnt["rows"]),
        },
        "tested": json.loads(tags["decision"])["winner"],
    }
    write_step_file(reference, "reference.json", json.dumps(found, indent=2))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
