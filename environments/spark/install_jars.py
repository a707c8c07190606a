"""Put the jars that Azure's Spark image carries into this machine's Spark, once.

Spark's own resolver fetches them from Maven Central as the machine is set up to; they are checked
against the hashes in jars.txt and land beside Spark's other jars, where Azure's image has them too.
Another list and another folder may be given.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pyspark
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.utils import CryptographyDeprecationWarning
from java_home import java_home

JARS = Path(__file__).with_name("jars.txt")
INSTALLED = Path(pyspark.__file__).parent / "jars"


class JarError(RuntimeError):
    """A jar could not be resolved, or is not the one that jars.txt describes."""


def pinned_jars(listed: Path) -> dict[str, str]:
    """Map each Maven coordinate of a list to its SHA-256."""
    lines = [line.split("#")[0].split() for line in listed.read_text().splitlines()]
    return dict(filter(None, lines))


def file_name(coordinate: str) -> str:
    _, artifact, version = coordinate.split(":")
    return f"{artifact}-{version}.jar"


def is_installed(coordinate: str, sha256: str, folder: Path) -> bool:
    jar = folder / file_name(coordinate)
    return jar.is_file() and hashlib.sha256(jar.read_bytes()).hexdigest() == sha256


def trust_options(folder: Path) -> str:
    """Make Java trust what SSL_CERT_FILE trusts: behind a company proxy Python does already."""
    bundle = os.environ.get("SSL_CERT_FILE")
    if not bundle:
        return ""
    with warnings.catch_warnings(category=CryptographyDeprecationWarning, action="ignore"):
        # Debian's own bundle has an authority with serial number 0; it is not ours to judge.
        authorities = x509.load_pem_x509_certificates(Path(bundle).read_bytes())
    entries = [pkcs12.PKCS12Certificate(a, str(n).encode()) for n, a in enumerate(authorities)]
    store = folder / "trust.p12"
    store.write_bytes(pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(b"public")))
    return f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=public"


def resolve(coordinates: list[str], ivy: Path) -> None:
    """Let Spark resolve `coordinates` into folder `ivy`; it then lacks a main class and ends."""
    java = os.environ | {
        "JAVA_HOME": str(java_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SUBMIT_OPTS": trust_options(ivy),
    }
    command = [
        str(Path(pyspark.__file__).parent / "bin" / "spark-submit"),
        *("--packages", ",".join(coordinates)),
        *("--conf", f"spark.jars.ivy={ivy}"),
        *("--class", "org.apache.spark.deploy.ResolveOnly", "spark-internal"),
    ]
    log = subprocess.run(command, env=java, capture_output=True, text=True, check=False).stderr
    if not any((ivy / "jars").glob("*.jar")):
        raise JarError(f"Spark resolved none of {coordinates} from Maven Central:\n{log[-2000:]}")


def install(ivy: Path, wanted: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    found = {jar.name.partition("_")[2]: jar for jar in (ivy / "jars").glob("*.jar")}
    for coordinate, sha256 in wanted.items():
        jar = found.get(file_name(coordinate))
        if jar is None:
            raise JarError(f"{coordinate}: not among the resolved jars {sorted(found)}")
        actual = hashlib.sha256(jar.read_bytes()).hexdigest()
        if actual != sha256:
            raise JarError(f"{coordinate}: SHA-256 is {actual}, the list says {sha256}")
        shutil.copyfile(jar, folder / file_name(coordinate))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("listed", type=Path, nargs="?", default=JARS)
    parser.add_argument("folder", type=Path, nargs="?", default=INSTALLED)
    asked = parser.parse_args()
    pinned = pinned_jars(asked.listed)
    missing = {c: h for c, h in pinned.items() if not is_installed(c, h, asked.folder)}
    if not missing:
        return
    with tempfile.TemporaryDirectory() as ivy:
        resolve(list(missing), Path(ivy))
        install(Path(ivy), missing, asked.folder)


if __name__ == "__main__":
    try:
        main()
    except JarError as error:
        sys.exit(f"install_jars: {error}")
