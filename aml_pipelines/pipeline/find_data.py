"""Finds the data that a pipeline file names: in datastores, registries, caches and earlier jobs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError
from aml_pipelines.pipeline.addresses import is_elsewhere
from aml_pipelines.pipeline.data_checks import UnknownReferenceError, check_table, unlike
from aml_pipelines.pipeline.job_outputs import ARTIFACTS, artifact_folder, made_outputs
from aml_pipelines.pipeline.mltable_file import MLTABLE, MLTableFileError
from aml_pipelines.pipeline.references import (
    ARTIFACT_STORE,
    AssetName,
    DatastorePath,
    JobOutput,
    LocalPath,
    Url,
    parse,
)
from aml_pipelines.pipeline.spec import MODEL_TYPES
from aml_pipelines.pipeline.values import Data, Missing

if TYPE_CHECKING:
    from aml_pipelines.pipeline.locations import Locations
    from aml_pipelines.pipeline.spec import NewAsset, Setting


def find_data(places: Locations, setting: Setting) -> Data | Missing:
    """Return the data at a path; raises UnknownReferenceError when it cannot be any."""
    data = _data_at(places, str(setting.value), setting.type or "uri_folder", setting)
    is_table = isinstance(data, Data) and data.type == "mltable"
    # A table that is registered and gone is the node's to miss: its version is what is asked for.
    if is_table and places.lake.is_here and (Path(data.location) / MLTABLE).is_file():
        try:
            check_table(Path(data.location), partial(local_copy, places))
        except MLTableFileError as error:
            raise UnknownReferenceError(str(error)) from error
    return data


def local_copy(places: Locations, uri: str) -> str:
    """Return the local path of the data at `uri`; of a lake that is served, its URI.

    Raises UnknownReferenceError when it is not here.
    """
    if _is_of_served_lake(places, uri):
        return uri
    if is_elsewhere(uri):
        return _elsewhere(places, uri, "").location
    return places.resolved(uri)


def _is_of_served_lake(places: Locations, uri: str) -> bool:
    """Return whether `uri` is a file of the lake that is served, which nodes read there."""
    scheme, _, place = uri.partition("://")
    own = places.lake.address.partition("://")[2].rstrip("/")
    # With TLS or without: tables name their files as Azure does.
    return bool(own) and scheme in ("abfs", "abfss") and f"{place}/".startswith(f"{own}/")


def _data_at(places: Locations, text: str, kind: str, setting: Setting) -> Data | Missing:
    match parse(text):
        case DatastorePath():
            return _datastore(places, text, kind)
        case AssetName() as asset:
            return _asset(places, text, asset, kind)
        case JobOutput() as output:
            return _job_output(places, text, output, kind)
        case Url(scheme):
            return _url(places, text, scheme, kind)
        case LocalPath(path):
            file = (setting.place.file.parent / path).resolve()
    wrong = unlike(kind, file)
    if wrong:
        raise UnknownReferenceError(f"{text!r} {wrong}: {file}")
    return Data(kind, str(file), text)


def _datastore(places: Locations, uri: str, kind: str) -> Data | Missing:
    location = places.resolved(uri)
    if location.startswith("azureml:"):  # in Azure, or served: not there to be asked before
        return Data(kind, location, uri)
    wrong = unlike(kind, Path(location))
    if wrong:
        return Missing(kind, uri, f"{wrong}: {location}", location)
    return Data(kind, location, uri)


def _job_output(places: Locations, uri: str, output: JobOutput, kind: str) -> Data:
    if not places.lake.is_here:
        return Data(kind, uri, uri)
    made = made_outputs(places.runs, output.job)
    if made is None:
        raise UnknownReferenceError(f"{uri!r}: there is no job {output.job!r} in {places.runs}")
    if output.output not in (*made, *ARTIFACTS):
        raise UnknownReferenceError(
            f"{uri!r}: job {output.job!r} has not made an output {output.output!r}; it has "
            f"made {sorted([*made, ARTIFACTS[0]])}"
        )
    artifacts = DatastorePath(ARTIFACT_STORE, artifact_folder(output.job))
    place = made.get(output.output) or places.lake.resolve(artifacts)
    location = f"{place}/{output.path}" if output.path else place
    wrong = "" if "://" in location else unlike(kind, Path(location))
    if wrong:
        raise UnknownReferenceError(f"{uri!r} {wrong}: {location}")
    return Data(kind, location, uri)


def _url(places: Locations, url: str, scheme: str, kind: str) -> Data:
    if scheme in places.lake.schemes:
        return Data(kind, url, url)
    if places.lake.is_here and is_elsewhere(url):
        return _elsewhere(places, url, kind)
    if scheme == "azureml":
        if "://" in url:
            return Data(kind, places.resolved(url), url)
        raise UnknownReferenceError(_no_asset(url))
    raise UnknownReferenceError(
        f"{url!r} is read over {scheme}, which nothing here does; "
        "give a local path or azureml://datastores/lake/paths/…"
    )


def _elsewhere(places: Locations, address: str, kind: str) -> Data:
    place = places.addresses.find(address)
    if not place:
        raise UnknownReferenceError(places.addresses.lacking(address, kind))
    wrong = unlike(kind, place)
    if wrong:
        raise UnknownReferenceError(f"{address!r} {wrong}: {place}")
    return Data(kind, str(place), address)


def _asset(places: Locations, text: str, asset: AssetName, kind: str) -> Data | Missing:
    if not asset.is_pinned:
        raise UnknownReferenceError(_no_asset(text))
    if not places.lake.is_here:
        return Data(kind, text, text)
    version, label = asset.version or None, asset.label or None
    try:
        if kind in MODEL_TYPES:
            model = places.assets.model(asset.name, version, label)
            return Data(kind, model.source or _path(places, model.path, kind), text)
        registered = places.assets.data_asset(asset.name, version, label)
    except NotFoundError as error:
        # No problem yet: an earlier pipeline of the same run may register it; `Plan.gaps`
        # tells at run.
        return Missing(
            kind,
            text,
            f"not registered here yet ({error}); run the pipeline that registers {asset.name!r}",
        )
    if registered.type != kind:
        raise UnknownReferenceError(
            f"{text!r} is registered as {registered.type!r}, not as {kind!r}"
        )
    return Data(kind, _path(places, registered.path, kind), text)


def taken(places: Locations, asset: NewAsset, kind: str, location: str) -> str:
    """Return why an output at `location` cannot become `asset`; empty when it can."""
    if not places.lake.is_here:
        return ""
    find = places.assets.model if kind in MODEL_TYPES else places.assets.data_asset
    try:
        latest = find(asset.name)
        stored = find(asset.name, asset.version) if asset.version else None
    except NotFoundError:
        stored = None
    else:
        if kind not in MODEL_TYPES and latest.type != kind:
            return f"{asset.name!r} is registered as {latest.type!r}, not as {kind!r}"
    if stored is None or _path(places, stored.path, kind) == location:
        return ""
    return (
        f"{asset.name!r} version {asset.version!r} is registered already, the newest is "
        f"{latest.version!r}; name another version, or none for the next"
    )


def _path(places: Locations, uri: str, kind: str) -> str:
    if is_elsewhere(uri):
        return _elsewhere(places, uri, kind).location
    return places.resolved(uri) if uri.startswith("azureml:") else uri


def _no_asset(text: str) -> str:
    return f"{text!r} is not of the form azureml:NAME:VERSION or azureml:NAME@latest"
