"""The rules of what may change of a job that was submitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.jobs.unset import completed

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.fields import JsonObject

MAY_CHANGE = ("description", "displayName", "tags", "properties", "isArchived")
_READ_ONLY = ("services", "status")
# The form of the API with the fewest fields that a job has without being given them.
_NEWEST = "9999"


def differing(name: str, stored: JsonObject, submitted: JsonObject) -> list[str]:
    """Return the fields in which two bodies of the job `name` differ, and may not.

    Clients send back what they were answered, to change a tag: what was not given is no difference.
    """
    before, after = (_without_nulls(completed(name, body, _NEWEST)) for body in (stored, submitted))
    after["outputs"] = _where_they_were_put(after, mapping_in(before, "outputs"))
    fields = {*before, *after} - {*MAY_CHANGE, *_READ_ONLY}
    return sorted(field for field in fields if before.get(field) != after.get(field))


def _where_they_were_put(after: JsonObject, before: JsonObject) -> dict[str, object]:
    """Return the outputs without the URIs at which a job has made those that were given none."""
    return {
        port: given
        if "uri" in mapping(before.get(port))
        else {key: value for key, value in mapping(given).items() if key != "uri"}
        for port, given in mapping_in(after, "outputs").items()
    }


def _without_nulls(value: object) -> dict[str, object]:
    return {
        name: _without_nulls(item) if isinstance(item, dict) else item
        for name, item in mapping(value).items()
        if item is not None
    }
