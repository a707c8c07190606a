"""Finds packages of an environment that differ from Azure's Spark image without a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from aml_pipelines.pipeline.references import AssetName, parse
from aml_pipelines.repository import ENVIRONMENTS

if TYPE_CHECKING:
    from pathlib import Path

_PIN = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)==(?P<version>[^\s;]+)")


def pinned_differently(reference: str) -> list[str]:
    """Return the pins of `azureml:NAME:VERSION` that are not those of the Spark image.

    A model that is trained in the one may not load in the other. Differences that
    environments/spark/differences.txt explains do not count.
    """
    asset = parse(reference)
    if not isinstance(asset, AssetName):
        return []
    name, conda = asset.name, ENVIRONMENTS / asset.name / "conda.yml"
    if not conda.is_file():
        return []
    image = _pins((ENVIRONMENTS / "spark" / "runtime-packages.txt").read_text(encoding="utf-8"))
    explained = (ENVIRONMENTS / "spark" / "differences.txt").read_text(encoding="utf-8")
    allowed = {line.split()[0] for line in explained.splitlines() if line and line[0] != "#"}
    return [
        f"environment {name!r} pins {package}=={version}, but Azure's Spark image has "
        f"{image[package]}: what is saved in the one may not load in the other; pin the image's"
        for package, version in _pins(_pip_lines(conda)).items()
        if package in image and image[package] != version and package not in allowed
    ]


def _pip_lines(conda: Path) -> str:
    document = yaml.safe_load(conda.read_text(encoding="utf-8"))
    lists = [item["pip"] for item in document["dependencies"] if isinstance(item, dict)]
    return "\n".join(line for items in lists for line in items)


def _pins(text: str) -> dict[str, str]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return {match["name"].lower(): match["version"] for match in _PIN.finditer(lines)}
