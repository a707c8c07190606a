"""Finds the thing that somebody has typed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from aml_pipelines.files import path_below
from aml_pipelines.lineage.things import Thing, ThingKind, file_of, table_of
from conf.errors import UserError

if TYPE_CHECKING:
    from aml_pipelines.lineage.graph import Lineage

_ASSETS = (ThingKind.DATA, ThingKind.MODEL)
_FORMS = (
    "a thing is a table (silver/flights/valid, or silver/flights/valid@3), a raw file below the "
    "lake, a data asset (flights_train:1), a model (flights_late:1), or a row "
    "(gold/flights/scores?flight=7)"
)


def find_thing(lineage: Lineage, text: str) -> Thing:
    """Return the thing that a text names; without a version, its newest one.

    Raises UserError for a name that no thing has, or that a data asset and a model have.
    """
    name = path_below(lineage.lake, text.rstrip("/"))
    table, _, version = name.partition("@")
    if table in lineage.tables:
        return _version_of(lineage, table, version)
    found = [*_assets(lineage, name), *_files(lineage, name)]
    if len(found) > 1:
        named = " or ".join(str(thing).replace(" ", ":") for thing in found)
        raise UserError(f"{text!r} is the name of several things: type {named}")
    if not found:
        raise UserError(f"{lineage.lake} has no {text!r}{_like(lineage, name)}; {_FORMS}")
    return found[0]


def find_file(lineage: Lineage, text: str) -> Thing:
    """Return the raw file that a text names; raises UserError unless it was ingested."""
    name = path_below(lineage.lake, text)
    files = _files(lineage, name)
    if not files:
        known = sorted({file for files in lineage.files.values() for file in files.values()})
        near = get_close_matches(name, known, n=3) or known[:3]
        example = f"; ingested were {', '.join(near)}" if near else ""
        raise UserError(f"no rows of {text!r} were ingested into {lineage.lake}{example}")
    return files[0]


def _version_of(lineage: Lineage, table: str, version: str) -> Thing:
    thing = table_of(table, lineage.tables[table].newest)
    if version:
        thing = Thing(ThingKind.TABLE, table, version)
    if thing not in lineage.made:
        known = [commit.version for commit in lineage.tables[table].commits]
        raise UserError(
            f"the log of {table} tells nothing of version {version}; it has commits {known[0]} to "
            f"{known[-1]}"
        )
    return thing


def _assets(lineage: Lineage, name: str) -> list[Thing]:
    """Return the data assets and models of a name, with the version stated or the newest one."""
    kind, _, rest = name.partition(":")
    is_stated = kind in _ASSETS and rest != ""
    kinds, stated = ((ThingKind(kind),), rest) if is_stated else (_ASSETS, name)
    asset, _, version = stated.partition(":")
    found = []
    for each in kinds:
        versions = [t for t in lineage.made if t.kind == each and t.name == asset]
        found += [thing for thing in versions if version in ("", thing.version)][-1:]
    return found


def _files(lineage: Lineage, name: str) -> list[Thing]:
    ingested = any(name in files.values() for files in lineage.files.values())
    return [file_of(name)] if ingested else []


def _like(lineage: Lineage, name: str) -> str:
    assets = {f"{t.name}:{t.version}" for t in lineage.made if t.kind != ThingKind.TABLE}
    near = get_close_matches(name, sorted(assets | {*lineage.tables}), n=3)
    return f", but {', '.join(near)}" if near else ""
