"""The ids of what is in a registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.arm import PROVIDER, ArmError, Resource
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.arm import WorkspaceScope

# Flask reads it; `RegistryScope.id` fills it.
GROUP = f"/subscriptions/<_subscription>/resourceGroups/<_group>/providers/{PROVIDER}"


@dataclass(frozen=True)
class RegistryScope:
    """The registry `name`, which is in the group of the workspace."""

    workspace: WorkspaceScope
    name: str

    @property
    def id(self) -> str:
        group = f"{self.workspace.subscription_id}/resourceGroups/{self.workspace.resource_group}"
        return f"/subscriptions/{group}/providers/{PROVIDER}/registries/{self.name}"

    def resource(
        self,
        path: str,
        properties: Mapping[str, object],
        *,
        created_at: float,
        modified_at: float | None = None,
    ) -> Resource:
        """Wrap `properties` as the resource at `path` below the registry."""
        resource = self.workspace.resource(
            path, properties, created_at=created_at, modified_at=modified_at
        )
        kinds = "/".join(path.split("/")[::2])
        return {
            **resource,
            "id": f"{self.id}/{path}",
            "type": f"{PROVIDER}/registries/{kinds}",
        }


def refuse_other_groups(_: str | None, values: dict[str, str] | None) -> None:
    """Take the group out of a request's path; refuses (404) one that is not the workspace's."""
    if not values or "_group" not in values:
        return
    named = values.pop("_subscription"), values.pop("_group")
    scope = here().scope
    if named != (scope.subscription_id, scope.resource_group):
        raise ArmError(
            404,
            "ResourceGroupNotFound",
            f"resource group {'/'.join(named)!r} has no registries here; "
            f"'{scope.subscription_id}/{scope.resource_group}' may",
        )
