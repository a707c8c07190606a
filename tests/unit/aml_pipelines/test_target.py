"""A target states a closed list of what may differ between places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conf.document import ConfError
from conf.target import REPOSITORY, TARGETS, load_target, read_target

if TYPE_CHECKING:
    from pathlib import Path

WORKSPACE = "workspace: {subscription_id: s, resource_group: g, name: w}\n"


@pytest.mark.parametrize("file", sorted(TARGETS.glob("*.yml")), ids=lambda file: file.stem)
def test_every_target_of_this_repository_loads(file: Path) -> None:
    assert load_target(file.stem).name == file.stem


def test_the_lake_of_this_machine_is_a_folder_of_the_repository() -> None:
    target = load_target("local")
    assert (target.is_local, target.lake) == (True, str(REPOSITORY / ".lake"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lake: x\ncompute: big\n", r"unknown keys \['compute'\]"),
        (f"lake: x\n{WORKSPACE}spark: {{memory: 4g}}\n", r"unknown keys \['memory'\]"),
        (WORKSPACE, "key 'lake' is missing"),
        (f"lake: x\n{WORKSPACE}identity: me\n", "is one of"),
        (f"lake: x\n{WORKSPACE}inputs: {{days: [1]}}\n", "takes one plain value"),
    ],
)
def test_what_a_target_may_not_say_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "local.yml"
    file.write_text(text)
    with pytest.raises(ConfError, match=told):
        read_target(file)
