"""Reads the field `environment`: a reference, a file, or an image with a conda file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from aml_pipelines.pipeline.references import local_path
from aml_pipelines.pipeline.yaml_lines import Fields, read_fields

if TYPE_CHECKING:
    from pathlib import Path

    from conf.yaml_lines import Place


@dataclass(frozen=True)
class Environment:
    """An environment as YAML states it: by `reference`, or by its own fields.

    `conda` is the text of a conda file, and `folder` that from which the file names others.
    """

    place: Place
    reference: str = ""
    image: str = ""
    conda: str = ""
    dockerfile: Path | None = None
    folder: Path | None = None

    @property
    def shown(self) -> str:
        return repr(self.reference) if self.reference else f"at {self.place}"


def read_environment(fields: Fields) -> Environment | None:
    """Return the environment of a component or job, if it states one."""
    entry = fields.entries.get("environment")
    if entry is None or entry.value is None:
        return None
    if entry.kind == "mapping":
        return environment_of(fields.under(entry))
    reference = str(entry.value)
    path = local_path(reference)
    if not path.endswith((".yml", ".yaml")):
        return Environment(entry.place, reference)
    file = (fields.place.file.parent / path).resolve()
    if not file.is_file():
        fields.problems.add(entry.place, f"environment {reference!r} does not exist: {file}")
        return None
    return environment_of(read_fields(file, fields.problems))


def environment_of(fields: Fields) -> Environment:
    """Return the environment that these fields are, of its own file or of a job's block."""
    folder = fields.place.file.parent
    conda, conda_folder = _conda(fields, folder)
    build = fields.mapping("build")
    dockerfile = None
    if path := build.text("path"):
        dockerfile = folder / path / (build.text("dockerfile_path") or "Dockerfile")
        if not dockerfile.is_file():
            fields.problems.add(build.place_of("path"), f"Dockerfile does not exist: {dockerfile}")
            dockerfile = None
    return Environment(
        fields.place,
        image=fields.text("image"),
        conda=conda,
        dockerfile=dockerfile,
        folder=conda_folder,
    )


def _conda(fields: Fields, folder: Path) -> tuple[str, Path]:
    entry = fields.entries.get("conda_file")
    if entry is None or entry.value is None:
        return "", folder
    if entry.kind == "mapping":
        return yaml.safe_dump(entry.plain()), folder
    file = (folder / str(entry.value)).resolve()
    try:
        return file.read_text(encoding="utf-8"), file.parent
    except OSError as error:
        fields.problems.add(
            entry.place, f"conda_file {entry.value!r} cannot be read: {error.strerror}: {file}"
        )
        return "", folder
