"""Reads conda files: the Python packages, programs and version of Python that they ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import yaml
from packaging.requirements import InvalidRequirement, Requirement

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.environments.asked import Asked
from aml_pipelines.pipeline.environments.requirements import read_requirements
from conf.yaml_lines import Loader

if TYPE_CHECKING:
    from pathlib import Path

# Names that differ between conda-forge and PyPI; all others are equal.
PIP_NAMES = {
    "dask-core": "dask",
    "importlib_metadata": "importlib-metadata",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "opencv": "opencv-python",
    "py-opencv": "opencv-python",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "pyarrow-core": "pyarrow",
    "pytables": "tables",
    "python-blosc": "blosc",
    "python-graphviz": "graphviz",
    "python-xxhash": "xxhash",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "ruamel_yaml": "ruamel.yaml",
    "seaborn-base": "seaborn",
    "tensorflow-base": "tensorflow",
}
# Conda packages that are no Python package, and the program by which each is found here. Those
# without a program cannot be found, and nothing here can install them.
PROGRAMS = {
    "cudatoolkit": "",
    "cudnn": "",
    "cmake": "cmake",
    "curl": "curl",
    "ffmpeg": "ffmpeg",
    "gcc": "gcc",
    "gcc_linux-64": "gcc",
    "git": "git",
    "go": "go",
    "graphviz": "dot",
    "gxx": "g++",
    "gxx_linux-64": "g++",
    "julia": "julia",
    "libxgboost": "",
    "make": "make",
    "maven": "mvn",
    "mpi4py-openmpi": "mpirun",
    "nodejs": "node",
    "openjdk": "java",
    "openmpi": "mpirun",
    "pytorch-cuda": "",
    "r-base": "Rscript",
    "r-essentials": "Rscript",
    "wget": "wget",
}
_IGNORED = ("pip", "conda", "setuptools", "wheel")  # every environment that is built has them
_SPEC = re.compile(r"(?:[\w./-]+::)?(?P<name>[\w.-]+)\s*(?P<version>.*)")


def read_conda(text: str, folder: Path | None, shown: str) -> Asked:
    """Return what the conda file `text` asks for; `-r FILE` is relative to `folder`.

    Raises PipelineError, naming the file `shown`, when it is no conda file.
    """
    try:
        content = yaml.load(text, Loader)  # noqa: S506 # a safe loader, whichever of the two it is
    except yaml.YAMLError as error:
        raise PipelineError(f"{shown}: is not YAML: {' '.join(str(error).split())}") from error
    dependencies = content.get("dependencies") if isinstance(content, dict) else None
    if not isinstance(dependencies, list):
        raise PipelineError(
            f"{shown}: is no conda file, which has a list such as 'dependencies: [python=3.11]'"
        )
    asked = Asked()
    for item in dependencies:
        if isinstance(item, dict):
            asked += read_requirements(
                map(str, cast("list[object]", item.get("pip") or [])), folder
            )
        else:
            asked += _conda_package(str(item))
    return asked


def _conda_package(text: str) -> Asked:
    match = _SPEC.fullmatch(text.strip())
    if not match:
        return Asked(unread=(text,))
    name, version = match["name"].lower(), match["version"].strip()
    if name == "python":
        return Asked(python=_python(version))
    if name in _IGNORED:
        return Asked()
    if name in PROGRAMS or name.startswith(("r-", "lib")):
        return Asked(programs=(name,))
    try:
        return Asked(packages=(Requirement(f"{PIP_NAMES.get(name, name)}{_specifier(version)}"),))
    except InvalidRequirement:
        return Asked(unread=(text,))


def _specifier(version: str) -> str:
    """Return pip's words for conda's: `=1.2` there is `==1.2.*` here, and a build counts not."""
    if not version or version == "*":
        return ""
    if "," in version or version[0] in "<>!~":
        return version.replace(" ", "")
    # `1.2`, `=1.2`, `==1.2`, each with a build after a second `=`.
    number = version.lstrip("=").strip().split("=")[0].strip()
    is_exact = version.startswith("==") or number.endswith("*")
    return f"=={number}" if is_exact else f"=={number}.*"


def _python(version: str) -> str:
    found = re.search(r"\d+\.\d+", version)
    return found.group() if found and not version.startswith(("<", "!")) else ""
