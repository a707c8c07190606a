"""The description of a kind of asset: its names, and which of its fields are special."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.references import short_uri

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class AssetKind:
    """A kind of asset: its names, its models in the API, and which of its fields are special.

    `uri` is the field with a datastore URI, stored in its short form; all versions of a name have
    the same value of the field `type`; `unset` are the values of fields that were never given.
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
    unset: Mapping[str, object] = field(default_factory=dict)
    is_counted: bool = True

    def type_of(self, properties: Mapping[str, object]) -> str:
        """Return the type of an asset with `properties`: the kind itself where there are none."""
        return str(properties[self.type]) if self.type else self.singular

    def shortened(self, properties: Mapping[str, object]) -> dict[str, object]:
        """Return `properties` with the URI in the form in which it is stored."""
        uri = self.uri
        return {**properties, **({uri: short_uri(str(properties[uri]))} if uri else {})}
