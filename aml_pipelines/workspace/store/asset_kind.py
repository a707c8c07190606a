"""The description of a kind of asset: its names, and which of its fields are special."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.references import long_uri, short_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_FOUND = "NotFound"


@dataclass(frozen=True)
class AssetKind:
    """A kind of asset: its names, its models in the API, and which of its fields are special.

    `uri` is the field with a datastore URI, stored in its short form, and answered with a slash at
    its end for the types `folders`; all versions of a name have the same value of the field
    `type`; `unset` are the values of fields that were never given, `unset_of_names` those of a
    name. `document` is the field with YAML, kept and answered as JSON, and `label` the property by
    which the service says which version is the latest. `unknown` are the service's codes for a name
    or version that is not there. Each PUT of a kind that `is_always_new` is answered as the first.
    The next version of a kind that `is_counted` is a number, else it is named after the moment.
    """

    plural: str
    singular: str
    noun: str
    container: str
    version: str
    required: tuple[str, ...] = ()
    uri: str = ""
    type: str = ""
    folders: tuple[str, ...] = ()
    unset: Mapping[str, object] = field(default_factory=dict)
    unset_of_names: Mapping[str, object] = field(default_factory=dict)
    document: str = ""
    label: str = ""
    unknown: tuple[str, ...] = (NOT_FOUND,)
    is_counted: bool = True
    is_always_new: bool = False

    def type_of(self, properties: Mapping[str, object]) -> str:
        """Return the type of an asset with `properties`: the kind itself where there are none."""
        return str(properties[self.type]) if self.type else self.singular

    def stored_form(self, properties: Mapping[str, object]) -> dict[str, object]:
        """Return `properties` in the form in which they are stored, whatever a client sends back.

        Raises RefusedError for a document that is not YAML.
        """
        stored = self._with_short_uri(properties)
        if stored.get(self.document):
            stored[self.document] = _in_json(self.document, str(stored[self.document]))
        own = stored.get("properties")
        if isinstance(own, dict) and self.label in own:
            stored["properties"] = {key: text for key, text in own.items() if key != self.label}
        return stored

    def _with_short_uri(self, properties: Mapping[str, object]) -> dict[str, object]:
        if not self.uri:
            return dict(properties)
        short = short_uri(str(properties[self.uri]))
        is_folder = self.type_of(properties) in self.folders and not short.endswith("/paths/")
        return {**properties, self.uri: short.rstrip("/") if is_folder else short}

    def answered_uri(self, properties: Mapping[str, object], workspace_id: str) -> str:
        """Return the stored URI in the form in which it is answered."""
        uri = long_uri(str(properties[self.uri]), workspace_id)
        is_folder = self.type_of(properties) in self.folders and uri.startswith("azureml:")
        return f"{uri}/" if is_folder and not uri.endswith("/") else uri


def _in_json(field_name: str, text: str) -> str:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RefusedError(f"{field_name!r} is not YAML: {error}") from error
    return json.dumps(content, indent=2, default=str)
