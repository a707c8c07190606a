"""What a lake holds, by content: what two lakes have in common when runs ended alike in both."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from aml_pipelines.workspace.store.versions import Versions
from tests.e2e.lake_runs import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Which run wrote a score first is another one where the first was killed.
_OF_THE_RUN = {"run_id"}
# Names of batches are hashes over ids of tables, which are random.
_HASH = re.compile(r"[0-9a-f]{16,}")
# Tags of data assets and models that say what they hold.
_SAID = ("rows", "columns", "schema_hash", "content", "release", "candidate", "champion")

Contents = dict[str, list[str]]


def contents_of(lake: Path) -> Contents:
    """Return the rows of each Delta table, and the versions of each data asset and model."""
    found: Contents = {}
    for log in sorted(lake.rglob("_delta_log")):
        rows = [_text(row) for row in rows_of(log.parent)]
        name = _HASH.sub("*", str(log.parent.relative_to(lake)))
        found.setdefault(f"table {name}", []).extend(rows)
    stored = Versions(lake, DATA)
    for container in stored.containers():
        versions = stored.versions(container.name, "All")
        found[f"data {container.name}"] = [
            f"{item.version} {_said(cast('Mapping[str, str]', item.properties['tags']))}"
            for item in versions
        ]
    models = MlflowTables(lake)
    for container in models.containers("All"):
        found[f"model {container.name}"] = [
            f"{item.version} {_said(item.tags)}" for item in models.models(container.name, "All")
        ]
    return {name: sorted(held) for name, held in found.items()}


def differences(found: Contents, expected: Contents) -> list[str]:
    """Name what differs, with the number of items that each side alone has."""
    return [
        f"{name}: {len(set(there) - set(wanted))} only here, {len(set(wanted) - set(there))} "
        f"missing, {len(there)} in place of {len(wanted)}"
        for name in sorted({*found, *expected})
        if (there := found.get(name, [])) != (wanted := expected.get(name, []))
    ]


def _text(row: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in row.items() if name not in _OF_THE_RUN}
    return json.dumps(kept, sort_keys=True, default=str)


def _said(tags: Mapping[str, str]) -> str:
    return json.dumps({name: tags[name] for name in _SAID if name in tags})
