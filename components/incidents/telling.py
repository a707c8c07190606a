"""Tell receivers what began and ended: one message each, all at once, none waiting for another."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING, Any

from conf.incident import DONE, UNSENT
from conf.receiver import MAIL, METRICS, TEAMS
from incidents.message import mail_of, message_of, metrics_of, slack_blocks, teams_card
from incidents.send import UnsentError, send_json, send_mail, send_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from conf.receiver import Receiver
    from incidents.message import ClaimedAction

LONGEST = 30.0  # seconds that a run waits for all receivers
ActionOutcome = dict[str, Any]


def tell(
    actions: Sequence[ClaimedAction],
    receivers: Mapping[str, Receiver],
    *,
    dataset: str,
    link: str,
    address_of: Callable[[str], str],
    token_of: Callable[[str], str],
) -> list[ActionOutcome]:
    """Send each receiver what the actions `opened:NAME` and `ended:NAME` say, in one message.

    `address_of` returns the secret of a connection, `token_of` the job's token for a scope. Returns
    an outcome for each action: `done`, or `unsent` with the reason. A receiver that does not answer
    in LONGEST seconds is left.
    """
    results: dict[str, str] = {}
    by_receiver: dict[str, list[ClaimedAction]] = {}
    for action in actions:
        by_receiver.setdefault(action["action"].partition(":")[2], []).append(action)
    threads = {
        name: threading.Thread(
            target=_send,
            args=(receivers.get(name), own),
            kwargs={
                "dataset": dataset,
                "link": link,
                "address_of": address_of,
                "token_of": token_of,
                "results": results,
                "name": name,
            },
            daemon=True,  # what hangs ends with the step
        )
        for name, own in by_receiver.items()
    }
    _wait(threads)
    late = f"no answer within {LONGEST:.0f} s"
    return [
        outcome_of(action, results.get(name, late))
        for name, own in by_receiver.items()
        for action in own
    ]


def outcome_of(action: ClaimedAction, reason: str) -> ActionOutcome:
    """Return the outcome of telling: `done` without a reason why not."""
    named = {name: action[name] for name in ("incident", "action", "attempt")}
    return {**named, "outcome": UNSENT if reason else DONE, "detail": reason}


def _wait(threads: Mapping[str, threading.Thread]) -> None:
    last = time.monotonic() + LONGEST
    for thread in threads.values():
        thread.start()
    for thread in threads.values():
        thread.join(max(0.0, last - time.monotonic()))


def _send(
    receiver: Receiver | None,
    actions: Sequence[ClaimedAction],
    *,
    dataset: str,
    link: str,
    address_of: Callable[[str], str],
    token_of: Callable[[str], str],
    results: dict[str, str],
    name: str,
) -> None:
    """Send one message, and keep why it was not sent; nothing where it was."""
    if receiver is None:
        results[name] = "conf/monitors names it no more"
        return
    try:
        address = address_of(receiver.connection)
        message = message_of(actions, dataset=dataset, link=link)
        if receiver.shape == METRICS:
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            send_metrics(address, metrics_of(actions, dataset=dataset, now=now), token_of)
        elif receiver.shape == MAIL:
            send_mail(address, mail_of(message, receiver))
        else:
            shaped = teams_card if receiver.shape == TEAMS else slack_blocks
            send_json(address, shaped(message))
    except UnsentError as error:
        results[name] = f"{receiver.connection}: {error}"
    else:
        results[name] = ""
