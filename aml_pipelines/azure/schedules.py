"""The schedules' files, and changes of a schedule's state through the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.azure.waiting import ended
from aml_pipelines.repository import SCHEDULES

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def schedule_names() -> list[str]:
    return sorted(file.stem for file in SCHEDULES.glob("*.yml"))


def change(client: MLClient, verb: str, name: str) -> None:
    """Enable, disable or delete a schedule; an enabled one is disabled before it is deleted."""
    if verb == "enable":
        ended(client.schedules.begin_enable, name)
        return
    # Azure refuses to delete a schedule that is enabled.
    if client.schedules.get(name).is_enabled:
        ended(client.schedules.begin_disable, name)
    if verb == "delete":
        ended(client.schedules.begin_delete, name)
