"""What stands on this machine for data elsewhere: files that were mapped, or were fetched."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aml_pipelines.pipeline.assets import version_order
from aml_pipelines.pipeline.references import FOLDERS, DatastorePath, Url, parse, short_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

FETCHED = "fetched"
# Of public storage and of the web: `fetch` reads them where there is a network.
FETCHABLE = ("https", "http", "wasbs", "wasb", "abfss", "abfs")
_ELSEWHERE = (*FETCHABLE, "adl")
REGISTRIES = "azureml://registries/"
_PATHS = "paths/"
_FETCH = "python -m aml_pipelines fetch"


def is_elsewhere(reference: str) -> bool:
    """Return whether `reference` is the address of data that no datastore here has."""
    parsed = parse(reference)
    return isinstance(parsed, Url) and (
        parsed.scheme in _ELSEWHERE or reference.startswith(REGISTRIES)
    )


@dataclass(frozen=True)
class Addresses:
    """The data elsewhere that this machine has: by `mapped`, or below the folder `fetched`.

    `mapped` has local files and folders by address, or by the beginning of addresses. `datastores`
    are the folders of those that were registered.
    """

    fetched: Path | None = None
    mapped: Mapping[str, str] = field(default_factory=dict)
    datastores: Mapping[str, Path] = field(default_factory=dict)
    target: str = ""  # the option with which `fetch` fills this folder

    def find(self, address: str) -> Path | None:
        """Return the file or folder that stands for `address`, if there is one."""
        mapped = self.mapped_to(address)
        if mapped or self.fetched is None:
            return mapped
        place = place_of(address, self.fetched)
        return place if place.exists() else None

    def mapped_to(self, address: str) -> Path | None:
        """Return the path that the longest mapped beginning of `address` gives it."""
        address = short_uri(address)
        matching = [key for key in self.mapped if _begins(key, address)]
        if not matching:
            return None
        key = max(matching, key=len)
        rest = address[len(key.rstrip("/")) :].lstrip("/")
        if key.startswith("azureml://datastores/") and _PATHS not in key:
            rest = rest.removeprefix(_PATHS)
        place = Path(self.mapped[key], unquote(rest)) if rest else Path(self.mapped[key])
        return _newest(place) if address.startswith(REGISTRIES) else place

    def datastore(self, path: DatastorePath) -> Path | None:
        """Return where `path` is, if it is mapped or in a datastore that was registered.

        Raises RefusedError when it leads out of its datastore.
        """
        mapped = self.mapped_to(str(path))
        if mapped or path.datastore in FOLDERS or path.datastore not in self.datastores:
            return mapped
        return path.below(self.datastores[path.datastore])

    def lacking(self, address: str, kind: str) -> str:
        """Say what would make the data at `address` be here."""
        mapping = f"--map {shlex.quote(f'{address}=PATH')}"
        is_folder = kind != "uri_file" and address.startswith(("http://", "https://"))
        fetchable = urlsplit(address).scheme in FETCHABLE and not is_folder
        if self.fetched is None or not fetchable:
            return (
                f"{address!r} is not on this machine; name a local copy: {mapping}, "
                "or 'data' in the target's file"
            )
        target = f" --target {shlex.quote(self.target)}" if self.target else ""
        return (
            f"{address!r} is not on this machine; fetch it where there is a network: "
            f"{_FETCH} {shlex.quote(address)}{target}; or put it at "
            f"{place_of(address, self.fetched)}; or name a local copy: {mapping}"
        )


def _newest(place: Path) -> Path:
    """Return the newest version where `place` is a label of a registry's asset."""
    if place.parent.name != "labels":
        return place
    versions = list((place.parents[1] / "versions").glob("*"))
    return max(versions, key=lambda item: version_order(item.name), default=place)


def place_of(address: str, fetched: Path) -> Path:
    """Return where below `fetched` the data of `address` is; each address has a folder."""
    parts = urlsplit(address)
    name = unquote(parts.path.rstrip("/")).rpartition("/")[2] or parts.username or "data"
    key = hashlib.sha256(address.encode()).hexdigest()[:12]
    return fetched / f"{parts.hostname}-{key}" / name


def _begins(key: str, address: str) -> bool:
    return address == key or address.startswith(f"{key.rstrip('/')}/")
