"""Find the release of a champion, whose training and test what arrives is held against."""

from __future__ import annotations

import json
from pathlib import Path

from assets.client import workspace_client
from assets.mltables import write_mltable
from assets.registration import find_released
from conf.arguments import arguments
from conf.model import load_model
from conf.step_files import write_step_file
from learning.champion import DESCRIPTION, ChampionError


def main(*, model_name: str, model: str, reference: str, test: str) -> None:
    about = json.loads(Path(model, DESCRIPTION).read_text(encoding="utf-8"))
    client = workspace_client()
    tags = client.models.get(about["name"], version=about["version"]).tags or {}
    if "release" not in tags:
        raise ChampionError(
            f"{about['name']} v{about['version']} has no tag 'release', which names the rows that "
            "it learnt from; train a champion: python -m aml_pipelines run training"
        )
    dataset = load_model(model_name).dataset
    learnt, held_out = (
        find_released(client, f"{dataset}_{part}", tags["release"]).tags or {}
        for part in ("train", "test")
    )
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
    uri, version = held_out["source_table"], int(held_out["source_version"])
    write_mltable(test, table_uri=uri, version=version)
    write_step_file(reference, "reference.json", json.dumps(found, indent=2))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
