"""The client of Azure Resource Manager, for resource groups."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from azure.mgmt.resource import ResourceManagementClient

from aml_pipelines.azure.client import credential

if TYPE_CHECKING:
    from conf.target import Target

_RESOURCE_MANAGER = "https://management.azure.com"


def group_client(target: Target, *, interactive: bool) -> ResourceManagementClient:
    """Return the client for a target's subscription; the local workspace serves its own."""
    # The control plane of the local workspace is at a port of its own.
    url = os.environ["AZUREML_DEV_URL_MFE"] if target.is_local else _RESOURCE_MANAGER
    return ResourceManagementClient(
        credential(interactive=interactive),
        target.workspace.subscription_id,
        base_url=url,
        credential_scopes=[f"{_RESOURCE_MANAGER}/.default"],
    )
