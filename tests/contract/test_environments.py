"""What runs in Azure is what the lock has: every image agrees with it, or says why it does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from aml_pipelines.verbs.versions import restated
from tests.contract.files import ENVIRONMENTS, LOCK, REPOSITORY, locked_versions, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

SPARK = REPOSITORY / "environments" / "spark"
# The folder of each Spark that tests run on, and the lock of its packages.
SPARKS = {
    SPARK: LOCK,
    **{lock.parent: lock for lock in sorted(SPARK.glob("*/requirements.lock"))},
}
LOCKS = [LOCK, *sorted((REPOSITORY / "environments").rglob("requirements.lock"))]
INDEX_OPTIONS = ("index-url", "find-links", "trusted-host", "://", " @ ")


def uncommented(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def pins_of(folder: Path) -> list[str]:
    """Return the pinned packages of an image: of its conda file, or of the list of Azure's own."""
    conda = folder / "conda.yml"
    if not conda.is_file():
        return uncommented(folder / "runtime-packages.txt")
    *_, pip = read_yaml(conda)["dependencies"]
    pins: list[str] = pip["pip"]
    return pins


def differences(folder: Path) -> dict[str, tuple[str, str]]:
    """Map each package of an image that differs to what the lock has, and the reason."""
    file = folder / "differences.txt"
    stated = (line.split(maxsplit=2) for line in (uncommented(file) if file.is_file() else []))
    return {package: (locked, reason) for package, locked, reason in stated}


@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: folder.name)
def test_an_image_pins_every_package_exactly(folder: Path) -> None:
    pins = pins_of(folder)
    loose = [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*", pin)]
    assert pins
    assert not loose


@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: folder.name)
def test_an_image_has_the_versions_of_the_lock_but_for_the_stated_differences(
    folder: Path,
) -> None:
    locked = {f"{name}=={version}" for name, version in locked_versions().items()}
    stated = differences(folder)
    differing = {pin.partition("==")[0] for pin in pins_of(folder) if pin not in locked}
    assert differing == set(stated)


@pytest.mark.parametrize(
    ("folder", "package"),
    [(folder, package) for folder in ENVIRONMENTS for package in differences(folder)],
    ids=str,
)
def test_a_difference_names_what_the_lock_has_and_its_reason(folder: Path, package: str) -> None:
    locked, reason = differences(folder)[package]
    name, _, version = locked.partition("==")
    is_absent = locked == "-" and package not in locked_versions()
    assert is_absent or locked_versions()[name] == version
    assert len(reason.split()) > 2


def test_every_image_has_the_version_of_its_content_and_is_named_by_it() -> None:
    stale = [str(file.relative_to(REPOSITORY)) for file in restated(REPOSITORY)]
    assert stale == [], "python -m aml_pipelines versions writes them"


@pytest.mark.parametrize("folder", SPARKS, ids=lambda folder: folder.name)
@pytest.mark.parametrize(
    ("group", "package"), [("io.delta", "delta-spark"), ("org.apache.spark", "pyspark")]
)
def test_the_jars_are_of_the_version_that_their_python_package_expects(
    folder: Path, group: str, package: str
) -> None:
    coordinates = [line.split()[0] for line in uncommented(folder / "jars.txt")]
    versions = {c.rpartition(":")[2] for c in coordinates if c.startswith(f"{group}:")}
    assert versions == {locked_versions(SPARKS[folder])[package]}


@pytest.mark.parametrize("lock", LOCKS[1:], ids=lambda lock: str(lock.relative_to(REPOSITORY)))
def test_a_lock_has_what_its_folder_asks_for(lock: Path) -> None:
    lines = [line.partition("#")[0].strip() for line in uncommented(lock.with_suffix(".in"))]
    asked = [line for line in lines if line and not line.startswith("-")]
    assert asked
    locked = locked_versions(lock)
    for requirement in map(Requirement, asked):
        assert locked[requirement.name] in requirement.specifier


def test_a_folder_of_another_spark_is_named_by_its_version() -> None:
    versions = {folder: locked_versions(lock)["pyspark"] for folder, lock in SPARKS.items()}
    del versions[SPARK]
    assert versions
    assert [f for f, version in versions.items() if not version.startswith(f"{f.name}.")] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(REPOSITORY)))
def test_a_lock_hashes_every_package_and_names_no_place_to_get_it_from(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    package = re.compile(r"[a-z0-9.-]+==\S+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")
    assert len(packages) == len(locked_versions(lock)) > 2
    assert [found for found in packages if not package.fullmatch(found)] == []
    assert [option for option in INDEX_OPTIONS if option in text] == []
