"""The archive of the classes that Spark and Delta load: a JVM maps it, and parses no jars.

It is of one Java and one set of jars; with any other a JVM loads its classes as ever.
"""

from __future__ import annotations

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(sys.prefix, "spark-classes")


def archive_of(java: Path) -> Path:
    """Return where the archive of a Java home and of the installed jars is, or is to be."""
    # Not every Java home has that file; a JVM takes no archive of another build in any case.
    release = (java / "release").read_bytes() if (java / "release").is_file() else b""
    told = hashlib.sha256(release + str(java.resolve()).encode())
    for jar in sorted(_jars().glob("*.jar")):
        status = jar.stat()
        told.update(f"{jar}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return FOLDER / f"{told.hexdigest()[:16]}.jsa"


def archive_options(java: Path) -> list[str]:
    """Return the options by which a JVM of a Java home takes its classes from the archive."""
    archive = archive_of(java)
    # Of an archive that does not fit, a JVM would say so on standard output.
    return [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off"] if archive.is_file() else []


def _jars() -> Path:
    spec = find_spec("pyspark")  # found, not imported, which takes its time
    folders = spec.submodule_search_locations if spec else None
    # Resolved, as Spark's scripts resolve it: an archive is of jars by their paths.
    return Path(folders[0] if folders else "", "jars").resolve()
