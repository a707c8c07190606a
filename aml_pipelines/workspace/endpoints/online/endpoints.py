"""Online endpoints, their keys, their traffic, and the deployments that answer."""

from __future__ import annotations

import random
import re
import secrets
import shutil
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError, RefusedError
from aml_pipelines.workspace.endpoints.deployments import (
    NO_CODE_SCRIPT,
    deployed_code,
    deployed_model,
    model_place,
    place_model,
)
from aml_pipelines.workspace.endpoints.online.servers import (
    ScoringServers,
    Staged,
    code_places,
    stage_code,
)
from aml_pipelines.workspace.http.fields import mapping_in, texts_in
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.documents import Documents, StoredDocument

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.workspace.assets.code import Sources
    from aml_pipelines.workspace.assets.registry import Registry
    from aml_pipelines.workspace.store.secrets import SecretFile

ALL, NONE = 100, 0
# Azure mirrors no more than this, to one deployment that has no traffic of its own.
MOST = 50
MIRROR = "mirrorTraffic"
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{1,30}[a-zA-Z0-9]")


class OnlineEndpoints:
    """The online endpoints of the workspace with the folder `state`."""

    def __init__(
        self, state: Path, registry: Registry, sources: Sources, secret_file: SecretFile
    ) -> None:
        self.endpoints = Documents(state, "online endpoint")
        self.deployments = Documents(state, "online deployment")
        self.servers = ScoringServers(self._stage)
        self._state = state
        self._secrets = secret_file
        self._registry = registry
        self._sources = sources

    def put_endpoint(self, name: str, content: Mapping[str, object]) -> tuple[StoredDocument, bool]:
        """Create or update an endpoint; raises RefusedError for traffic to nowhere."""
        if not _NAME.fullmatch(name):
            raise RefusedError(
                f"endpoint {name!r} is not 3 to 32 letters, digits or '-', beginning with a letter"
            )
        self._check_traffic(name, traffic_of(content))
        self._check_mirror(name, content)
        # Keys outlive updates of the endpoint: its callers have them.
        if not self._secrets.find(f"onlineEndpoints/{name}"):
            self.regenerate_key(name, "Primary")
            self.regenerate_key(name, "Secondary")
        return self.endpoints.put(name, content)

    def keys(self, name: str) -> Mapping[str, str]:
        return self._secrets.find(f"onlineEndpoints/{name}") or {}

    def regenerate_key(self, name: str, which: str) -> None:
        key = f"{which.lower()}Key"
        self._secrets.keep(
            f"onlineEndpoints/{name}", {**self.keys(name), key: secrets.token_urlsafe(32)}
        )

    def delete_endpoint(self, name: str) -> bool:
        """Delete an endpoint with its deployments; returns whether it existed."""
        for deployment in self.of(name):
            self._remove(deployment.name)
        self._secrets.keep(f"onlineEndpoints/{name}", None)
        return self.endpoints.delete(name)

    def of(self, endpoint: str) -> list[StoredDocument]:
        """List the deployments of an endpoint."""
        return [item for item in self.deployments.all() if item.name.split("/")[0] == endpoint]

    def deploy(self, key: str) -> None:
        """Start a deployment's server anew; an exception is raised, and recorded as its state."""
        self.servers.stop(key)
        try:
            self.servers.ready(key)
        except Exception:
            self._keep_state(key, "Failed")
            raise
        self._keep_state(key, "Succeeded")

    def delete_deployment(self, endpoint: str, name: str) -> bool:
        """Delete a deployment without traffic; returns whether it existed."""
        stored = self.endpoints.find(endpoint)
        share = traffic_of(stored.content).get(name, NONE) if stored else NONE
        # Azure refuses this too: requests would be sent to a server that has gone.
        if share:
            raise ConflictError(
                f"deployment {name!r} has {share} % of the traffic of {endpoint!r}; "
                "give that to another first"
            )
        return self._remove(f"{endpoint}/{name}")

    def chosen(self, endpoint: str, name: str | None) -> str | None:
        """Choose the deployment that answers: the one that the request names, or by the traffic."""
        if name:
            return name if self.deployments.find(f"{endpoint}/{name}") else None
        traffic = traffic_of(self.endpoints.get(endpoint).content)
        if not sum(traffic.values()):
            return None
        return random.choices(list(traffic), list(traffic.values()))[0]  # noqa: S311 # no secret

    def mirrored(self, endpoint: str) -> str | None:
        """Choose whether a request is sent to the deployment too that traffic is mirrored to."""
        mirror = traffic_of(self.endpoints.get(endpoint).content, MIRROR)
        to = next((name for name, share in mirror.items() if share), None)
        return to if to and random.randrange(ALL) < mirror[to] else None  # noqa: S311 # no secret

    def folder(self, key: str) -> Path:
        return StateFolder(self._state).online_deployment(key)

    def places(self, key: str, properties: Mapping[str, object]) -> dict[str, str]:
        """Return the variables that tell a deployment's server where its model and code are."""
        script = mapping_in(properties, "codeConfiguration").get("scoringScript") or NO_CODE_SCRIPT
        folder = self.folder(key)
        return {**model_place(properties, folder), **code_places(folder, str(script))}

    def _check_traffic(self, endpoint: str, traffic: Mapping[str, int]) -> None:
        if sum(traffic.values()) not in (ALL, NONE) or any(part < 0 for part in traffic.values()):
            raise RefusedError(f"traffic {dict(traffic)} does not add up to 100, or to 0")
        ready = self._ready(endpoint)
        unknown = sorted(name for name, part in traffic.items() if part and name not in ready)
        if unknown:
            raise RefusedError(f"traffic to {unknown}, which cannot answer; {sorted(ready)} can")

    def _check_mirror(self, endpoint: str, content: Mapping[str, object]) -> None:
        mirror = {name: share for name, share in traffic_of(content, MIRROR).items() if share}
        if len(mirror) > 1 or not all(NONE < share <= MOST for share in mirror.values()):
            raise RefusedError(
                f"mirrored traffic {mirror} is not to one deployment, of at most {MOST} %"
            )
        live = [name for name in mirror if traffic_of(content).get(name)]
        if live:
            raise RefusedError(f"{live} cannot have both traffic and mirrored traffic")
        ready = self._ready(endpoint)
        if not set(mirror) <= ready:
            raise RefusedError(
                f"mirrored traffic to {sorted(mirror)}, which cannot answer; {sorted(ready)} can"
            )

    def _ready(self, endpoint: str) -> set[str]:
        return {
            item.name.split("/")[1]
            for item in self.of(endpoint)
            if item.content.get("state") == "Succeeded"
        }

    def _stage(self, key: str) -> Staged:
        properties = self.deployments.get(key).properties
        folder = self.folder(key)
        folder.mkdir(parents=True, exist_ok=True)
        model = deployed_model(self._registry, properties)
        code, script = deployed_code(self._sources, properties, model)
        staged = Staged(
            folder,
            script,
            {**texts_in(properties, "environmentVariables"), **place_model(model, folder)},
        )
        stage_code(code, staged.code)
        return staged

    def _keep_state(self, key: str, state: str) -> None:
        stored = self.deployments.find(key)
        if stored:
            self.deployments.put(key, {**stored.content, "state": state})

    def _remove(self, key: str) -> bool:
        self.servers.stop(key)
        is_there = self.deployments.delete(key)
        shutil.rmtree(self.folder(key), ignore_errors=True)
        return is_there


def traffic_of(content: Mapping[str, object], kind: str = "traffic") -> dict[str, int]:
    """Return the shares of an endpoint's traffic, in percent; `kind` may be MIRROR."""
    shares = mapping_in(mapping_in(content, "properties"), kind)
    return {name: int(str(share)) for name, share in shares.items()}
