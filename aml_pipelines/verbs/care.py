"""`care`: find what crashes left in the lake, and old versions of tables; remove them if asked."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.execution.lakes import alone_with_lake
from aml_pipelines.leftovers.search import (
    UNLOCKED_HOURS,
    Sought,
    moment,
    search_places,
    search_tables,
)
from aml_pipelines.targets import add_target_argument, command_target
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from aml_pipelines.leftovers.found import Found
    from conf.target import Target

DONE = 0
_SHOWN = 3
_WEEK_HOURS = 7 * 24.0  # as Delta's VACUUM: in Azure no lock keeps a writer out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "datasets", nargs="*", metavar="DATASET", help="look at their tables alone (everything)"
    )
    parser.add_argument(
        "--remove", action="store_true", help="remove what is found; without it, only list"
    )
    parser.add_argument(
        "--older-than",
        type=float,
        metavar="HOURS",
        help="leave alone what was changed since (0 for what is written under the lake's lock, "
        f"{UNLOCKED_HOURS:g} for the rest)",
    )
    parser.add_argument(
        "--versions-older-than",
        type=float,
        metavar="DAYS",
        help="find the files of versions of tables too that were replaced so long ago and that no "
        "MLTable and no state of a step names",
    )
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Show, place by place, what nothing names; with --remove, remove exactly that."""
    target = command_target(arguments.target)
    if not target.is_local:
        raise _refusal(target)
    hours, days = arguments.older_than, arguments.versions_older_than
    _require_age("--older-than", hours, "hours")
    _require_age("--versions-older-than", days, "days")
    sought = Sought(arguments.datasets, hours, arguments.remove, days)
    found: list[Found] = []
    # What a restart took back is named no more.
    with alone_with_lake(target, "care", tell=lambda line: sys.stderr.write(f"{line}\n")):
        began = datetime.now(UTC)
        tables = search_tables(target, sought, began)
        found += tables.found
        if not sought.datasets:
            found += search_places(target, sought, began)
    if arguments.json:
        _print_json(found, tables.unread, removed=sought.removes)
    else:
        _show(found, tables.unread, removed=sought.removes)
    return DONE


def _require_age(option: str, age: float | None, unit: str) -> None:
    if age is not None and not age >= 0:  # nan is neither
        raise UserError(f"{option} is {age:g}; it is a number of {unit}, 0 or more")


def _refusal(target: Target) -> UserError:
    week = moment(datetime.now(UTC), _WEEK_HOURS)
    return UserError(
        f"target {target.name!r} is a workspace in Azure; submit the component, which looks at its "
        f"tables: python -m aml_pipelines submit care --target {target.option} "
        f"--set inputs.unchanged_since={week}; with --set inputs.replaced_before={week} it lists "
        "old versions of tables too, and with --set inputs.remove=yes it removes what it lists"
    )


def _show(found: Sequence[Found], unread: Mapping[str, str], *, removed: bool) -> None:
    for place in found:
        files, size = len(place.leftovers), _size(place.bytes)
        younger = f"; {place.younger} younger, left alone" if place.younger else ""
        say(f"  {place.place:<20} {files:>6,}  {size:>10}{younger}")
        for leftover in place.leftovers[:_SHOWN]:
            say(f"    {leftover.path}")
        if files > _SHOWN:
            say(f"    and {files - _SHOWN:,} more")
    for table, reason in unread.items():
        say(f"  {table}: not looked at: {reason}")
    count = sum(len(place.leftovers) for place in found)
    total = _size(sum(place.bytes for place in found))
    did = "removed" if removed else "nothing names"
    say(f"{did} {count:,} files and folders with {total}")
    if count and not removed:
        say("nothing was removed; to do it, add --remove")


def _print_json(found: Sequence[Found], unread: Mapping[str, str], *, removed: bool) -> None:
    places = {
        place.place: {
            "count": len(place.leftovers),
            "bytes": place.bytes,
            "younger": place.younger,
            "paths": [leftover.path for leftover in place.leftovers],
        }
        for place in found
    }
    told = {"removed": removed, "places": places, "unread": dict(unread)}
    sys.stdout.write(f"{json.dumps(told, indent=2)}\n")


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:  # noqa: PLR2004 # as the unit says
            return f"{count:,.0f} {unit}"
        count /= 1024
    return f"{count:,.1f} GiB"
