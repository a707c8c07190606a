"""The version of an image is that of its content, and stands wherever the image is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.azure.images import image_version, require_version
from aml_pipelines.azure.render import read_job
from aml_pipelines.verbs.versions import restated
from conf.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

CONDA = "dependencies: [pip]\n"


def write_image(root: Path, *, conda: str = CONDA, image: str = "ubuntu", told: str = "") -> Path:
    folder = root / "environments" / "trips"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "conda.yml").write_text(conda)
    file = folder / "environment.yml"
    file.write_text(f"name: trips\nversion: 'x'\nimage: {image}\nconda_file: conda.yml\n{told}")
    return file


def version_of(file: Path) -> str:
    return image_version(read_job(file), file.parent)


def test_what_an_image_is_made_of_decides_its_version_and_what_is_said_of_it_does_not(
    tmp_path: Path,
) -> None:
    first = version_of(write_image(tmp_path))
    assert len(first) == 12
    assert version_of(write_image(tmp_path, told="description: d\ntags: {a: b}\n")) == first
    assert version_of(write_image(tmp_path, image="debian")) != first
    assert version_of(write_image(tmp_path, conda=CONDA + "name: c\n")) != first
    assert version_of(write_image(tmp_path)) == first, "changed back, it is the one before"


def test_the_folder_that_an_image_is_built_from_is_of_its_content(tmp_path: Path) -> None:
    def written(dockerfile: str) -> str:
        (tmp_path / "docker").mkdir(exist_ok=True)
        (tmp_path / "docker" / "Dockerfile").write_text(dockerfile)
        return image_version({"name": "trips", "build": {"path": "docker"}}, tmp_path)

    assert written("FROM ubuntu\n") == written("FROM ubuntu\n")
    assert written("FROM ubuntu\n") != written("FROM debian\n")


def test_a_version_is_written_wherever_the_image_is_named_and_nowhere_else(tmp_path: Path) -> None:
    image = write_image(tmp_path)
    (tmp_path / "components" / "count").mkdir(parents=True)
    component = tmp_path / "components" / "count" / "component.yml"
    component.write_text(
        "environment: azureml:trips:1\n"
        "inputs: {rows: {default: azureml:trips:1}}\n"
        "trial:\n  environment: azureml:trips:0.9-a # why\n"
        "other:\n  environment: azureml:trips_gpu:1\n"
    )
    version = version_of(image)
    changes = restated(tmp_path)
    assert changes == {
        image: f'name: trips\nversion: "{version}"\nimage: ubuntu\nconda_file: conda.yml\n',
        component: f"environment: azureml:trips:{version}\n"
        "inputs: {rows: {default: azureml:trips:1}}\n"
        f"trial:\n  environment: azureml:trips:{version} # why\n"
        "other:\n  environment: azureml:trips_gpu:1\n",
    }
    for file, text in changes.items():
        file.write_text(text)
    assert restated(tmp_path) == {}


def test_an_image_whose_version_is_not_its_content_s_is_refused_with_the_way_out(
    tmp_path: Path,
) -> None:
    file = write_image(tmp_path)
    with pytest.raises(UserError, match="python -m aml_pipelines versions writes it"):
        require_version(read_job(file), file)
    file.write_text(restated(tmp_path)[file])
    require_version(read_job(file), file)
