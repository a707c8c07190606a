"""Sends OpenLineage events to the receiver that a target names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from openlineage.client.transport.http import HttpConfig, HttpTransport

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.lineage.graph import open_lineage
from aml_pipelines.lineage.run_events import events_of
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from openlineage.client.event_v2 import RunEvent

    from conf.target import EventReceiver, Target

_SECONDS = 10.0
# Three tries within some seconds: whoever ran a pipeline waits for this.
_RETRIES = {"total": 2, "read": 2, "connect": 2}


def events_of_run(record: Mapping[str, Any], target: Target) -> list[RunEvent]:
    """Return the events of a run of a target; with the lake's logs where it is a folder."""
    place = target.workspace
    namespace = f"azureml://{place.resource_group}/{place.name}"
    lineage = open_lineage(target) if target.has_folder else None
    return events_of(record, namespace=namespace, lineage=lineage)


def send(events: Sequence[RunEvent], receiver: EventReceiver, variables: Mapping[str, str]) -> None:
    """Send events in their order; the same ones again change nothing at a receiver.

    Raises UserError where the variable of the key is not set, and CommandFailedError where the
    receiver does not take an event.
    """
    if receiver.key and not variables.get(receiver.key):
        raise UserError(
            f"the variable {receiver.key} is not set, and has the key of {receiver.url}; set it in "
            "the environment, or in .env"
        )
    config = {"apiKey": variables[receiver.key]} if receiver.key else None
    parts = urlsplit(receiver.url)
    settings = HttpConfig.from_dict(
        {
            "url": f"{parts.scheme}://{parts.netloc}",
            "endpoint": f"{parts.path}?{parts.query}".strip("/?"),
            "timeout": _SECONDS,
            "retry": _RETRIES,
            **({"auth": {"type": "api_key", **config}} if config else {}),
        }
    )
    # Without the client around it: that adds to events what variables of the environment say.
    transport = HttpTransport(settings)
    try:
        for event in events:
            transport.emit(event)
    except OSError as error:  # which those of the client's own HTTP library are
        raise CommandFailedError(
            f"{receiver.url} did not take the events: {type(error).__name__}: {error}"
        ) from error
    finally:
        transport.close()
