"""Do what a run has claimed about incidents, and say of each what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.ai.ml.exceptions import MlException
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

from conf.incident import DONE, FAILED, LEFT, RETRAIN, ROLL_BACK
from incidents.rolling_back import give_back
from incidents.send import UnsentError
from incidents.telling import ActionOutcome, tell
from incidents.training import retrain
from learning.champion import ChampionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from azure.ai.ml import MLClient

    from conf.monitor import Monitor
    from incidents.message import ClaimedAction

# The states from which a run goes on to no other.
ENDED = {"Completed", "Failed", "Canceled", "NotResponding"}


@dataclass(frozen=True)
class ActingRun:
    """What actions need of the run that they are of: its workspace, lake, moment and snapshot."""

    client: MLClient
    monitor: Monitor
    lake: str
    as_of: str
    run_id: str
    snapshot: Path


def act_on(actions: Sequence[ClaimedAction], run: ActingRun) -> list[ActionOutcome]:
    """Do each action, once, and return its outcome: `done`, `failed`, `unsent` or `left`.

    Left is what another run has claimed before, and is still at. What failed is not raised: the
    next run does it.
    """
    left = [each for each in actions if any(not _is_over(run.client, r) for r in each["after"])]
    due = [each for each in actions if each not in left]
    outcomes = [_outcome(each, LEFT, f"another run is at it: {each['after']}") for each in left]
    outcomes += [_done(each, run) for each in due if each["action"] in {RETRAIN, ROLL_BACK}]
    told = [each for each in due if each["action"] not in {RETRAIN, ROLL_BACK}]
    return outcomes + tell(
        told,
        run.monitor.receivers,
        dataset=run.monitor.dataset,
        link=_link(run),
        address_of=addresses(run.client),
        token_of=token_of,
    )


def token_of(scope: str) -> str:
    """Return a token of the job's own identity for a scope; raises UnsentError without one."""
    try:
        return str(DefaultAzureCredential().get_token(scope).token)
    except (AzureError, ValueError) as error:
        raise UnsentError(f"the job's identity gets no token for {scope}") from error


def addresses(client: MLClient) -> Callable[[str], str]:
    """Return what finds the secret of a connection by its name; it raises UnsentError."""

    def address_of(connection: str) -> str:
        try:
            found = client.connections.get(connection, populate_secrets=True)
        except (AzureError, MlException) as error:
            reason = "it is not there" if isinstance(error, ResourceNotFoundError) else "refused"
            raise UnsentError(
                f"the connection cannot be read: {reason}; make one whose key is the address"
            ) from error
        key = getattr(found.credentials, "key", None)
        if not key:
            raise UnsentError("the connection has no key, which is to be the address")
        return str(key)

    return address_of


def _done(action: ClaimedAction, run: ActingRun) -> ActionOutcome:
    try:
        if action["action"] == ROLL_BACK:
            return _outcome(action, DONE, give_back(run.client, action))
        name = retrain(
            run.client,
            action,
            dataset=run.monitor.dataset,
            lake=run.lake,
            as_of=run.as_of,
            snapshot=run.snapshot,
        )
    except (AzureError, MlException, ChampionError) as error:
        first, *_ = str(error).strip().splitlines() or [type(error).__name__]
        return _outcome(action, FAILED, first)
    return _outcome(action, DONE, f"job {name}")


def _outcome(action: Mapping[str, object], outcome: str, detail: str) -> ActionOutcome:
    named = {name: action[name] for name in ("incident", "action", "attempt")}
    return {**named, "outcome": outcome, "detail": detail}


def _is_over(client: MLClient, run_id: str) -> bool:
    """Return whether a run goes on no more; one that the workspace does not know does not.

    Where the workspace does not say, it may go on.
    """
    try:
        return str(client.jobs.get(run_id).status) in ENDED
    except ResourceNotFoundError:
        return True
    except AzureError:
        return False


def _link(run: ActingRun) -> str:
    """Return the page of the run, where the workspace has one."""
    try:
        page = str(run.client.jobs.get(run.run_id).studio_url or "")
    except (AzureError, MlException):
        return ""
    return page if page.startswith("https://") else ""
