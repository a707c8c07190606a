"""Routes that are refused by name: what has no meaning on this machine, and why."""

from __future__ import annotations

from flask import Blueprint, Response, request

from aml_pipelines.workspace.http.arm import PROVIDER, ArmError

_READ, _WRITE = ("GET",), ("PUT", "PATCH", "DELETE")
_ALL = (*_READ, *_WRITE, "POST")
_NETWORK = "there is no network around a workspace on this machine"
_SIZES = "sizes of virtual machines and quotas are Azure's; a compute of any size is a record here"
_NOTEBOOKS = "there is no notebook server here"
_FEATURES = "feature stores are not served; a pipeline's features are tables of the lake"
_HOSTED = "models that Azure hosts are not on this machine; deploy one to an online endpoint"
# Below the workspace: the path, which methods, and why.
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
    ("/connections/<_>/deployments", _READ, "what a connection leads to, only Azure knows"),
    ("/models/<_>/versions/<_version>/package", ("POST",), "no image is built here"),
    ("/features", _READ, "which preview features a workspace has, only Azure knows"),
    ("/featuresets", _ALL, _FEATURES),
    ("/featurestoreEntities", _ALL, _FEATURES),
    ("/serverlessEndpoints", _ALL, _HOSTED),
    ("/marketplaceSubscriptions", _ALL, _HOSTED),
    ("/capabilityHosts", _ALL, "agents are not served"),
    ("/computes/<_>/listKeys", ("POST",), "a compute is a record and has no keys"),
    ("/onlineEndpoints/<_>/deployments/<_name>/skus", _READ, _SIZES),
    ("/batchEndpoints/<_>/listkeys", ("POST",), "batch endpoints take tokens and have no keys"),
)
_LOCATION = f"/subscriptions/<_subscription>/providers/{PROVIDER}/locations/<_location>"
_GROUP = f"/subscriptions/<_subscription>/resourceGroups/<_group>/providers/{PROVIDER}"
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
routes = Blueprint("refused", __name__)
others = Blueprint("refused_others", __name__)


def _mount(blueprint: Blueprint, path: str, methods: tuple[str, ...], why: str) -> None:
    def refuse(**_: str) -> Response:
        raise ArmError(501, "NotImplemented", f"{request.method} {request.path}: {why}")

    name = path.replace("/", "_").replace(".", "_")
    for rule in (path, f"{path}/<path:_below>"):
        blueprint.add_url_rule(rule, name, refuse, methods=methods)


for _path, _methods, _why in _BELOW_WORKSPACE:
    _mount(routes, _path, _methods, _why)
for _path, _methods, _why in _OTHERS:
    _mount(others, _path, _methods, _why)
