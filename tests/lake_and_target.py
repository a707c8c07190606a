"""A lake in a folder and its target, for commands that read what runs left there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LakeAndTarget:
    """An empty lake below a folder, and the file of its target."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "lake"
        self.folder.mkdir()
        self.target = folder / "local.yml"
        names = {"subscription_id": "s", "resource_group": "g", "name": "w"}
        self.target.write_text(json.dumps({"lake": str(self.folder), "workspace": names}))
