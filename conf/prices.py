"""What computing costs, as conf/prices.yml states it: a file that its user fills, or leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from conf.document import Section, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

PRICES = Path(__file__).with_name("prices.yml")
_SECONDS = 3600


@dataclass(frozen=True)
class Prices:
    """The price of an hour, in `currency`, by the type of a node or by its name.

    `vcore_hour` has that of a vCore, by instance type.
    """

    currency: str
    hours: Mapping[str, float]
    vcore_hour: Mapping[str, float] = field(default_factory=dict)

    def cost(self, *, node: str, kind: str, seconds: float) -> float | None:
        """Return what so many seconds of a node cost; None where no price is stated for it."""
        hour = self.hours.get(node, self.hours.get(kind))
        return None if hour is None else hour * seconds / _SECONDS


def load_prices(file: Path = PRICES) -> Prices | None:
    """Load prices: of a vCore-hour by instance type, and on what nodes of each type run.

    None where there is no such file. Raises ConfError with all that is wrong in it.
    """
    if not file.is_file():
        return None
    document = read_document(file, found=[])
    document.allow("currency", "vcore_hour", "nodes")
    currency = document.value("currency", str)
    section = document.section("vcore_hour")
    vcore_hour = {name: section.value(name, float) for name in section.values}
    nodes = document.section("nodes").sections()
    hours = {name: _hour(node, vcore_hour) for name, node in nodes.items()}
    document.raise_found()
    return Prices(currency, hours, vcore_hour)


def _hour(node: Section, vcore_hour: Mapping[str, float]) -> float:
    """Return the price of an hour of all vCores of a node."""
    node.allow("instance_type", "vcores")
    return node.value("vcores", int) * vcore_hour.get(
        node.choice("instance_type", sorted(vcore_hour) or [""]), 0.0
    )
