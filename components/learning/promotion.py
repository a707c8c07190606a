"""Makes a winner champion, in place of the champion that it was compared with and of no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.ai.ml.constants import ListViewType
from azure.core.exceptions import ResourceExistsError

from assets.numbers import numbers_of
from conf import faults
from learning.champion import Champion, find_champion

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Model

ATTEMPTS = 20


class PromotionError(RuntimeError):
    """A winner cannot be made champion."""


def promote(client: MLClient, winner: Model, *, beaten: str | None) -> bool:
    """Register a winner as a new version, and return whether it was not the champion already.

    `beaten` is the champion that the winner was compared with, as `Champion.title` names it. Raises
    PromotionError when another is champion now: a gate has to compare the two first. No version
    number is reserved; where another run takes it first, all is looked at again.
    """
    name, content = str(winner.name), (winner.tags or {})["content"]
    taken, refusal = 0, None
    for _ in range(ATTEMPTS):
        # Before the champion: a version that comes between the two is refused, and seen then.
        number = 1 + max([taken, *numbers_of(client.models, name, ListViewType.ALL)])
        champion = find_champion(client, name)
        if champion and champion.tags.get("content") == content:
            return False
        _refuse_unless_beaten(champion, name, beaten)
        winner.version = str(number)
        try:
            with faults.around("model registration", name):
                client.models.create_or_update(winner)
        except ResourceExistsError as error:
            # Also by a version that was deleted, which no list has.
            taken, refusal = number, error
        else:
            return True
    raise PromotionError(
        f"{name}: no version up to {taken} was free in {ATTEMPTS} tries"
    ) from refusal


def _refuse_unless_beaten(champion: Champion | None, name: str, beaten: str | None) -> None:
    now = champion.title if champion else None
    if now != beaten:
        raise PromotionError(
            f"{name}: the winner was compared with {beaten or 'no champion'}, and since then "
            f"{now or 'none'} is champion; nothing is registered. Run the training pipeline again, "
            "which compares the two"
        )
