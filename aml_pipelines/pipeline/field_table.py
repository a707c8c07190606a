"""What becomes here of the fields that Azure's schemas have and nothing is done with.

Every other field of the schemas is carried out. `resources.shm_size` is a field of `resources`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.yaml_lines import Fields

_ONE_MACHINE = "everything runs on this machine"
_ONE_IDENTITY = "there is one identity on this machine, and it may do everything"
# For these a run says the reason, once: they state something that a user may miss.
TOLD: Mapping[str, str] = {
    "parent_job_name": "a job of a file has no other job above it here",
    "queue_settings": "nothing waits for a compute here",
    "services": "no service is started here",
    "resources.docker_args": "no container is started here",
    "resources.shm_size": "no container is started here",
    "inputs.path_on_compute": "data is where it is; the command gets its path",
    "inputs.datastore": "the path names the datastore",
    "auto_delete_setting": "nothing is deleted here by itself",
}
IGNORED: Mapping[str, str] = {
    **TOLD,
    "comment": "words for readers of the file",
    "compute": _ONE_MACHINE,
    "settings.default_compute": _ONE_MACHINE,
    "resources.instance_type": _ONE_MACHINE,
    "resources.locations": _ONE_MACHINE,
    "resources.max_instance_count": _ONE_MACHINE,
    "resources.properties": _ONE_MACHINE,
    "resources.runtime_version": "the Spark of this machine is 3.5",
    "identity": _ONE_IDENTITY,
    "id": "the registry here counts names and versions",
    "name": "run names each run by its moment; through a client a job has its name",
    "properties": "a client sees them",
    "version": "the file itself is what runs",
}


def note_ignored(fields: Fields) -> None:
    """Note the fields of a job or component that state something nothing comes of here."""
    for name in fields.entries:
        _note(fields, name, name)
        if fields.entries[name].kind == "mapping" and name == "resources":
            resources = fields.mapping(name)
            for inner in resources.entries:
                _note(resources, inner, f"{name}.{inner}")


def _note(fields: Fields, name: str, field: str) -> None:
    if field in TOLD:
        fields.problems.note_once(field, fields.place_of(name), f"is ignored: {TOLD[field]}")


def note_ignored_input(fields: Fields) -> None:
    """Note the fields of an input that state something nothing comes of here."""
    for name in fields.entries:
        _note(fields, name, f"inputs.{name}")
