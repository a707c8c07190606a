"""JVMs take Spark's classes from the archive of set-up, and do without one that is not theirs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark

from aml_pipelines.execution.jvm.start import jvm_command
from environments.spark import class_archive
from environments.spark.class_archive import archive_of, archive_options
from environments.spark.java_home import java_home

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

SUBMIT = Path(pyspark.__file__).parent / "bin" / "spark-submit"
FROM_ARCHIVE = "source: shared objects file (top)"


def version_of_spark(options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Start a JVM with Spark's jars, which says its version and ends."""
    environment = os.environ | {
        "JAVA_HOME": str(java_home()),
        "SPARK_SUBMIT_OPTS": " ".join(options),
    }
    command = [str(SUBMIT), "--version"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def test_set_up_has_made_an_archive_from_which_a_jvm_takes_sparks_classes(tmp_path: Path) -> None:
    loaded = tmp_path / "loaded.txt"
    options = [*archive_options(java_home()), f"-Xlog:class+load:file={loaded}"]
    version_of_spark(options)
    (line,) = (
        line
        for line in loaded.read_text().splitlines()
        if "org.apache.spark.deploy.SparkSubmit " in line
    )
    assert FROM_ARCHIVE in line


def test_a_jvm_for_spark_compiles_no_maker_of_plans_for_the_long_run() -> None:
    java = java_home()
    (told,) = (
        word.partition("=")[2]
        for word in jvm_command(memory="1g", master="local[1]", java=java)
        if word.startswith("--driver-java-options=")
    )
    printed = subprocess.run(
        [java / "bin" / "java", *shlex.split(told), "-XX:+CompilerDirectivesPrint", "-version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "org/codehaus/janino/*.*" in printed
    assert re.search(r"c2 directives:\s+inline: -\s+Enable:true Exclude:true", printed)


def test_a_jvm_does_without_an_archive_that_is_not_its_own_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_archive, "FOLDER", tmp_path)
    archive_of(java_home()).write_bytes(bytes(100_000))
    options = archive_options(java_home())
    assert str(tmp_path) in options[0]
    done = version_of_spark(options)
    assert done.stdout == ""
    assert "version 3.5" in done.stderr
    assert "archive" not in done.stderr


def test_other_jars_have_an_archive_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java, jars = tmp_path / "java", tmp_path / "pyspark" / "jars"
    for folder in (java, jars):
        folder.mkdir(parents=True)
    (java / "release").write_text("17")
    (jars / "spark.jar").write_bytes(b"one")
    monkeypatch.setattr(class_archive, "_jars", lambda: jars)
    before = archive_of(java)
    assert archive_of(java) == before
    (jars / "spark.jar").write_bytes(b"another")
    assert archive_of(java) != before
    assert archive_options(java) == []


def test_a_java_home_that_does_not_say_its_release_has_no_archive_yet(tmp_path: Path) -> None:
    assert archive_options(tmp_path) == []
