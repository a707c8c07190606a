"""What is refused by name, as it has no meaning on this machine: no routes, but their reasons.

Rules of routes would be made at each start; these are looked up where no route is found.
"""

from __future__ import annotations

import re
from functools import cache

from aml_pipelines.workspace.http.arm import PROVIDER

_READ, _WRITE = ("GET",), ("PUT", "PATCH", "DELETE")
_ALL = (*_READ, *_WRITE, "POST")
_NETWORK = "there is no network around a workspace on this machine"
_SIZES = "sizes of virtual machines and quotas are Azure's; a compute of any size is a record here"
_NOTEBOOKS = "there is no notebook server here"
_FEATURES = "feature stores are not served; a pipeline's features are tables of the lake"
_HOSTED = "models that Azure hosts are not on this machine; deploy one to an online endpoint"
_BELOW = re.compile(
    rf"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{PROVIDER}/workspaces/[^/]+(/.*)"
)
# Below the workspace: how the path begins, which methods, and why.
_BELOW_WORKSPACE: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("/diagnose", ("POST",), "nothing of Azure's stands behind this workspace to be diagnosed"),
    ("/listKeys", ("POST",), "the workspace has no storage account, registry or vault with keys"),
    ("/listStorageAccountKeys", ("POST",), "the workspace's storage takes tokens and has no keys"),
    ("/resyncKeys", ("POST",), "the workspace has no keys to synchronize"),
    ("/listNotebookAccessToken", ("POST",), _NOTEBOOKS),
    ("/listNotebookKeys", ("POST",), _NOTEBOOKS),
    ("/prepareNotebook", ("POST",), _NOTEBOOKS),
    ("/outboundNetworkDependenciesEndpoints", _READ, _NETWORK),
    ("/outboundRules", _ALL, _NETWORK),
    ("/privateEndpointConnections", _ALL, _NETWORK),
    ("/privateLinkResources", _READ, _NETWORK),
    ("/provisionManagedNetwork", ("POST",), _NETWORK),
    ("/connections/*/deployments", _READ, "what a connection leads to, only Azure knows"),
    ("/models/*/versions/*/package", ("POST",), "no image is built here"),
    ("/features", _READ, "which preview features a workspace has, only Azure knows"),
    ("/featuresets", _ALL, _FEATURES),
    ("/featurestoreEntities", _ALL, _FEATURES),
    ("/serverlessEndpoints", _ALL, _HOSTED),
    ("/marketplaceSubscriptions", _ALL, _HOSTED),
    ("/capabilityHosts", _ALL, "agents are not served"),
    ("/computes/*/listKeys", ("POST",), "a compute is a record and has no keys"),
    ("/onlineEndpoints/*/deployments/*/skus", _READ, _SIZES),
    ("/batchEndpoints/*/listkeys", ("POST",), "batch endpoints take tokens and have no keys"),
)
_LOCATION = f"/subscriptions/*/providers/{PROVIDER}/locations/*"
_GROUP = f"/subscriptions/*/resourceGroups/*/providers/{PROVIDER}"
# With paths of their own.
_OTHERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (f"/providers/{PROVIDER}/operations", _READ, "docs/coverage.md lists what is served"),
    (f"{_LOCATION}/usages", _READ, _SIZES),
    (f"{_LOCATION}/vmSizes", _READ, _SIZES),
    (f"{_LOCATION}/quotas", _READ, _SIZES),
    (f"{_LOCATION}/updateQuotas", ("POST",), _SIZES),
    ("/genericasset", _ALL, "indexes for search are not served"),
    (f"{_GROUP}/virtualclusters", _ALL, "virtual clusters are Azure's own; name a compute"),
)


def why_refused(method: str, path: str) -> str | None:
    """Return why a request is refused; None for one that this module does not know."""
    below = _BELOW.fullmatch(path)
    for pattern, methods, why in _refusals():
        found = pattern.match(f"/workspace{below[1]}" if below else path)
        if found and method in methods:
            return why
    return None


@cache
def _refusals() -> tuple[tuple[re.Pattern[str], tuple[str, ...], str], ...]:
    rows = [(f"/workspace{path}", methods, why) for path, methods, why in _BELOW_WORKSPACE]
    return tuple(
        (re.compile(f"{path.replace('*', '[^/]+')}(/|$)"), methods, why)
        for path, methods, why in (*rows, *_OTHERS)
    )
