"""The traffic of an online endpoint: two colours, their shares, and which is the newest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aml_pipelines.azure.client import get_or_none
from aml_pipelines.azure.deployments import COLORS
from aml_pipelines.azure.waiting import ended
from aml_pipelines.errors import CommandFailedError

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

ALL = 100
NEWEST = "newest"  # the tag of an endpoint that names the deployment made last
UNTRIED = "untried"  # and the one that is being made: no way back leads there until it has answered


@dataclass(frozen=True)
class Traffic:
    """The colours that are deployed at an endpoint, their shares, and the newest of them."""

    endpoint: str
    colors: tuple[str, ...] = ()
    shares: dict[str, int] = field(default_factory=dict)
    newest: str = ""
    untried: str = ""

    def other(self, color: str) -> str | None:
        """Return the colour beside `color` that has answered a request before."""
        return next((name for name in self.colors if name not in (color, self.untried)), None)

    def idle(self) -> str:
        """Return the colour without traffic, which a new deployment may overwrite.

        Raises CommandFailedError when both have traffic.
        """
        idle = [color for color in COLORS if not self.shares.get(color)]
        if not idle:
            shares = ", ".join(f"{color} {self.shares[color]} %" for color in COLORS)
            raise CommandFailedError(
                f"both deployments of {self.endpoint!r} have traffic ({shares}), and deploying "
                "would overwrite one of them; settle the release before this one first: "
                "deploy online --newest --traffic 100, or deploy online --roll-back"
            )
        return idle[0]


def read_traffic(client: MLClient, name: str) -> Traffic:
    """Return the traffic of an endpoint; it is empty when there is no endpoint."""
    endpoint: Any = get_or_none(lambda: client.online_endpoints.get(name))
    if endpoint is None:
        return Traffic(name)
    # The tag may name a deployment that was deleted since.
    there = {item.name for item in client.online_deployments.list(name)}
    colors = tuple(color for color in COLORS if color in there)
    tags = {str(key): str(text) for key, text in (endpoint.tags or {}).items()}
    newest, untried = tags.get(NEWEST, ""), tags.get(UNTRIED, "")
    shares = {str(color): int(share) for color, share in (endpoint.traffic or {}).items()}
    return Traffic(name, colors, shares, newest if newest in there else "", untried)


def mark_untried(client: MLClient, name: str, color: str) -> None:
    """Tag an endpoint with the colour that is about to be overwritten."""
    endpoint: Any = client.online_endpoints.get(name)
    endpoint.tags = {**(endpoint.tags or {}), UNTRIED: color}
    ended(client.online_endpoints.begin_create_or_update, endpoint)


def set_traffic(client: MLClient, name: str, shares: dict[str, int], *, newest: str) -> None:
    """Set the traffic of an endpoint; its newest deployment has answered a request."""
    endpoint: Any = client.online_endpoints.get(name)
    endpoint.traffic = shares
    tags = {**(endpoint.tags or {}), NEWEST: newest}
    # It has answered now: a roll-back may lead to it.
    endpoint.tags = {key: text for key, text in tags.items() if (key, text) != (UNTRIED, newest)}
    ended(client.online_endpoints.begin_create_or_update, endpoint)


def set_newest(client: MLClient, name: str, share: int) -> str:
    """Set the share of the newest deployment, and the rest for the other; return the text of it.

    Raises CommandFailedError when nothing was deployed.
    """
    traffic = read_traffic(client, name)
    newest, other = traffic.newest, traffic.other(traffic.newest)
    if not newest:
        raise CommandFailedError(
            f"endpoint {name!r} has no newest deployment to give traffic to; make one first: "
            "python -m aml_pipelines deploy online"
        )
    shares = {newest: share, other: ALL - share} if other else {newest: ALL}
    set_traffic(client, name, shares, newest=newest)
    shown = ", ".join(f"{part} % of the traffic to {color}" for color, part in shares.items())
    return f"endpoint {name}: {shown}"


def roll_back(client: MLClient, name: str) -> str:
    """Send all traffic to the deployment before the newest; return the text of it.

    Raises CommandFailedError when there is no other.
    """
    traffic = read_traffic(client, name)
    newest, other = traffic.newest, traffic.other(traffic.newest)
    if not newest or not other:
        raise CommandFailedError(f"endpoint {name!r} has no other deployment to go back to")
    set_traffic(client, name, {other: ALL, newest: 0}, newest=newest)
    return f"endpoint {name}: all traffic to {other}; {newest} stays, without any"
