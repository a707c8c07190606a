"""What conda files, requirements, Dockerfiles and curated names ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.environments.conda import read_conda
from aml_pipelines.pipeline.environments.images import of_dockerfile, of_image
from aml_pipelines.pipeline.environments.requirements import read_requirements

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.pipeline.environments.asked import Asked


def packages(asked: Asked) -> list[str]:
    return [str(package) for package in asked.packages]


@pytest.mark.parametrize(
    ("conda", "pip"),
    [
        ("numpy", "numpy"),
        ("numpy=1.21", "numpy==1.21.*"),
        ("numpy==1.21.2", "numpy==1.21.2"),
        ("numpy=1.21.*", "numpy==1.21.*"),
        ("numpy >=1.2,<2", "numpy<2,>=1.2"),
        ("numpy=1.21.2=py38h20f2e39_0", "numpy==1.21.2.*"),
        ("conda-forge::pandas=2", "pandas==2.*"),
        ("pytorch=2.1", "torch==2.1.*"),
    ],
)
def test_a_conda_package_is_asked_for_in_pips_words(conda: str, pip: str) -> None:
    assert packages(read_conda(f"dependencies: ['{conda}']", None, "env.yml")) == [pip]


def test_a_conda_file_asks_for_python_programs_and_packages_each_as_such() -> None:
    asked = read_conda(
        "dependencies: [python=3.8, pip, openjdk=17, scikit-learn, {pip: [mlflow==2.1, ./own]}]",
        None,
        "env.yml",
    )
    assert (asked.python, asked.programs, asked.unread) == ("3.8", ("openjdk",), ("./own",))
    assert packages(asked) == ["scikit-learn", "mlflow==2.1"]


@pytest.mark.parametrize("text", ["name: x", "- a", "dependencies: [a", "dependencies: numpy"])
def test_a_file_that_is_no_conda_file_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(PipelineError, match=r"env\.yml"):
        read_conda(text, None, "env.yml")


def test_requirements_name_other_files_options_and_continued_lines(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("flask # for the service\n")
    lines = [
        "# all of it",
        "-r more.txt",
        "--extra-index-url https://example.org/simple",
        "numpy==1.26.4 \\",
        "    --hash=sha256:00",
        "git+https://example.org/own.git",
    ]
    asked = read_requirements(lines, tmp_path)
    assert packages(asked) == ["flask", "numpy==1.26.4"]
    assert asked.options == ("--extra-index-url https://example.org/simple",)
    assert asked.unread == ("git+https://example.org/own.git",)


def test_a_requirements_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"lacking\.txt"):
        read_requirements(["-r lacking.txt"], tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", ["scikit-learn", "pandas"]),
        ("azureml://registries/azureml/environments/lightgbm-3.3/versions/1", ["lightgbm"]),
        ("mcr.microsoft.com/azureml/curated/acpt-pytorch-2.2-cuda12.1:1", ["torch"]),
        ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", []),
        ("library/python:3.11", []),
        ("my-pytorch", []),
    ],
)
def test_a_curated_image_asks_for_what_it_is_chosen_for(name: str, expected: list[str]) -> None:
    assert packages(of_image(name)) == expected


def test_a_dockerfile_asks_for_its_image_and_what_pip_installs(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")
    file = tmp_path / "Dockerfile"
    file.write_text(
        "FROM mcr.microsoft.com/azureml/curated/sklearn-1.5:1\n"
        "COPY requirements.txt /tmp\n"
        "RUN apt-get update && \\\n"
        "    pip install --no-cache-dir -r /tmp/requirements.txt -i https://example.org/simple\n"
        "RUN python3 -m pip install 'rich>=13' && echo done\n"
    )
    asked = of_dockerfile(file)
    assert packages(asked) == ["scikit-learn", "pandas", "flask", "rich>=13"]
    assert asked.options == ("-i https://example.org/simple",)
