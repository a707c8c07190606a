"""The target of a lake in Azurite, with its state in a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LAKE = "abfs://lake@azuritetests.dfs.core.windows.net"
# What is in the lake, as nodes name it.
PATHS = "azureml://datastores/lake/paths"


def azurite_target(folder: Path, *, master: str = "local[2]") -> Path:
    """Write a target whose state, with Azurite's data, is `state` in `folder`; returns the file."""
    names = {"subscription_id": "s", "resource_group": "g", "name": "w"}
    stated = {"lake": LAKE, "state": str(folder / "state"), "workspace": names}
    target = folder / "azurite.yml"
    target.write_text(json.dumps({**stated, "spark": {"master": master}}))  # JSON is YAML
    return target
