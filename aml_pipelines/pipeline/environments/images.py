"""What images are known to carry: those that Azure ML curates, and those of a Dockerfile."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from aml_pipelines.pipeline.environments.asked import Asked
from aml_pipelines.pipeline.environments.requirements import read_requirements

if TYPE_CHECKING:
    from pathlib import Path

# Parts of the names of curated environments and of their images, and the packages for which they
# are chosen. Their versions are not compared: no package of this machine has all of theirs.
_CURATED = {
    "sklearn": ("scikit-learn", "pandas"),
    "scikit-learn": ("scikit-learn", "pandas"),
    "lightgbm": ("lightgbm",),
    "xgboost": ("xgboost",),
    "pytorch": ("torch",),
    "acpt": ("torch",),
    "tensorflow": ("tensorflow",),
    "responsibleai": ("responsibleai",),
    "automl": ("azureml-train-automl-runtime",),
    "transformers": ("transformers",),
    "nvidia-rapids": ("cudf",),
}
_IS_CURATED = re.compile(r"AzureML-|azureml/curated/|registries/azureml/", re.IGNORECASE)
_PIP = re.compile(
    r"(?:^|[&;|]\s*)(?:\S*python[\d.]*\s+-m\s+)?\S*\bpip3?\s+install\s+(?P<words>[^&;|]+)"
)
# Options of `pip install` that take a word of their own: those that say where packages are, others.
_INDEXES = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links")
_OTHERS = ("-t", "--target", "-c", "--constraint")


def of_image(name: str) -> Asked:
    """Return the packages for which a curated image or environment is chosen, if it is one."""
    if not _IS_CURATED.search(name):
        return Asked()
    short = name.lower().rpartition("environments/")[2]
    found = [packages for part, packages in _CURATED.items() if part in short]
    names = dict.fromkeys(package for packages in found for package in packages)
    return Asked(packages=tuple(Requirement(name) for name in names))


def of_dockerfile(file: Path) -> Asked:
    """Return the packages of a Dockerfile's image, and those that it installs with pip."""
    asked = Asked()
    for line in file.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "FROM":
            asked = of_image(rest)
        elif word.upper() == "RUN":
            for installed in _PIP.finditer(rest.strip()):
                asked += _pip_install(installed["words"], file.parent)
    return asked


def _pip_install(words: str, folder: Path) -> Asked:
    lines: list[str] = []
    rest = iter(shlex.split(words))
    for word in rest:
        if word in ("-r", "--requirement"):
            # A Dockerfile copies it to anywhere; it comes from the build context.
            lines.append(f"-r {next(rest, '').rpartition('/')[2]}")
        elif word in _INDEXES:
            lines.append(f"{word} {next(rest, '')}")
        elif word in _OTHERS:
            next(rest, "")
        elif not word.startswith("-"):
            lines.append(word)
    return read_requirements(lines, folder)
