"""Who is told of incidents: the shape of a message, and the connection that has its address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conf.document import Section

TEAMS, SLACK, MAIL, METRICS = "teams", "slack", "mail", "azure_monitor"
SHAPES = (TEAMS, SLACK, MAIL, METRICS)
# The sides of mail alone: from whom and to whom.
_OF_MAIL = ("from", "to")


@dataclass(frozen=True)
class Receiver:
    """Somebody who is told of incidents.

    `connection` is the name of a connection of the workspace, whose key is the URL that messages
    go to: that of a webhook, of a mail server, `smtp://…` or `smtps://…` with its user, or of the
    metrics of a resource in Azure. `sender` and `recipients` are addresses of mail.
    """

    name: str
    shape: str
    connection: str
    sender: str = ""
    recipients: tuple[str, ...] = ()


def read_receivers(section: Section) -> dict[str, Receiver]:
    """Read the receivers of a monitor by name."""
    receivers = {}
    for name, stated in section.sections().items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            stated.refuse(
                f"{section.where_of(name)}: the name of a receiver is small letters, digits and "
                "underscores"
            )
        receivers[name] = _read(name, stated)
    return receivers


def _read(name: str, stated: Section) -> Receiver:
    stated.allow("shape", "connection", *_OF_MAIL)
    shape = stated.choice("shape", SHAPES)
    connection = stated.value("connection", str)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}", connection):
        stated.refuse(
            f"{stated.where_of('connection')}: 'connection' is the name of a connection of the "
            "workspace, whose key is the address; no address stands here, since it is a secret"
        )
    if shape != MAIL:
        for key in sorted(set(_OF_MAIL) & set(stated.values)):
            stated.refuse(f"{stated.where_of(key)}: {key!r} is of the shape 'mail' alone")
        return Receiver(name, shape, connection)
    recipients = stated.texts("to")
    if not recipients:
        stated.refuse(f"{stated.where}: key 'to' is missing; it takes a list of addresses")
    return Receiver(name, shape, connection, stated.value("from", str), recipients)
