"""Roll a model back to the version before: as champion, and in the traffic of endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conf import faults
from learning.champion import CHAMPION, ChampionError, find_champion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azure.ai.ml import MLClient

ALL = 100  # per cent of the traffic
UNTRIED = "untried"  # the tag by which `deploy` names a deployment that has not answered yet


def give_back(client: MLClient, action: Mapping[str, Any]) -> str:
    """Roll back the version that an incident is of, and return in words what was done.

    The version before is champion again, and has the traffic of online endpoints that have it. What
    is done already is not done again. Raises ChampionError where there is no version before.
    """
    name, version = str(action["model_name"]), str(action["model_version"])
    done = [*_traffic_back(client, name, version)]
    champion = find_champion(client, name)
    if champion is not None and champion.version == version:
        before = _champion_before(client, name, version)
        model: Any = client.models.get(name, version=version)
        # The tag stays with another value, as a trace that this version was champion.
        model.tags = {**(model.tags or {}), CHAMPION: "false"}
        with faults.around("champion", f"{name}:{version}"):
            client.models.create_or_update(model)
        done.append(f"{name}:{before} is champion again")
    return "; ".join(done) or f"{name}:{version} was not in use any more"


def _champion_before(client: MLClient, name: str, version: str) -> int:
    numbers = [
        int(model.version)
        for model in client.models.list(name)
        if str(model.version).isdigit() and (model.tags or {}).get(CHAMPION) == "true"
    ]
    before = [number for number in numbers if number < int(version)]
    if not before:
        raise ChampionError(
            f"model {name!r} has no champion before version {version} to go back to"
        )
    return max(before)


def _traffic_back(client: MLClient, name: str, version: str) -> Iterator[str]:
    """Move traffic from deployments of a version to one of another version, at each endpoint."""
    for listed in client.online_endpoints.list():
        endpoint: Any = client.online_endpoints.get(str(listed.name))
        serving: dict[str, str] = {
            str(each.name): str(each.model)
            for each in client.online_deployments.list(endpoint.name)
        }
        bad = {color for color, model in serving.items() if _is_version(model, name, version)}
        shares = {str(color): int(share) for color, share in (endpoint.traffic or {}).items()}
        good = [
            color
            for color, model in sorted(serving.items())
            if color not in bad and _is_version(model, name, "") and color != _untried(endpoint)
        ]
        if good and any(shares.get(color) for color in bad):
            endpoint.traffic = {**dict.fromkeys(shares, 0), good[0]: ALL}
            with faults.around("traffic", str(endpoint.name)):
                client.online_endpoints.begin_create_or_update(endpoint).result()
            yield f"endpoint {endpoint.name}: all traffic to {good[0]}"


def _untried(endpoint: Any) -> str:  # noqa: ANN401 # an entity of the SDK
    return str((endpoint.tags or {}).get(UNTRIED, ""))


def _is_version(model: str, name: str, version: str) -> bool:
    """Return whether a deployment's model is a version of a model; without `version`, any."""
    ends = (f"/models/{name}/versions/{version}", f"azureml:{name}:{version}")
    return any(model.endswith(end) if version else end in model for end in ends)
