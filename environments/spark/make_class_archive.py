"""Make the archive of classes that `class_archive` names, once for each Java and set of jars."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from class_archive import FOLDER, archive_of
from java_home import java_home

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTES = 5
# Loads what steps load: each kind of plan and of commit. Its output is nobody's.
WORK = """
import sys
from delta.tables import DeltaTable
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

settings = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
builder = SparkSession.builder.master("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark, folder = builder.getOrCreate(), sys.argv[1]
rows = spark.range(100).select("id", F.col("id").cast("string").alias("text"), F.current_date())
rows.select("id", "text").write.option("header", True).csv(f"{folder}/csv")
read = spark.read.option("header", True).csv(f"{folder}/csv").withColumn("hash", F.xxhash64("text"))
last = Window.partitionBy("text").orderBy(F.desc("id"))
ranked = read.withColumn("place", F.row_number().over(last)).persist()
table = f"{folder}/table"
ranked.write.format("delta").save(table)
ranked.where("place = 1").write.format("delta").option("replaceWhere", "id = 1").mode(
    "overwrite"
).option("mergeSchema", "true").save(f"{folder}/other")
DeltaTable.forPath(spark, table).alias("old").merge(
    ranked.alias("new"), "old.id <=> new.id"
).whenMatchedUpdateAll("old.hash <> new.hash").whenNotMatchedInsertAll().execute()
stored = spark.read.format("delta").option("versionAsOf", 0).load(table)
stored.join(F.broadcast(read.select("id")), on=["id"], how="left_anti").collect()
both = stored.join(ranked.select("id", "place"), on=["id"], how="full")
both.groupBy("text").agg(F.count("*"), F.max("hash")).collect()
spark.read.parquet(f"{table}/*.parquet").select(F.to_json(F.struct("*"))).collect()
spark.stop()
"""


class ArchiveError(RuntimeError):
    """The archive could not be made."""


def make(java: Path, archive: Path) -> None:
    """Let a JVM of a Java home do what steps do, and keep the classes that it has loaded."""
    _make_base(java)
    with tempfile.TemporaryDirectory(dir=archive.parent) as made:
        part = Path(made) / archive.name
        options = f"-XX:ArchiveClassesAtExit={part} -Xlog:disable"
        submit = f"--driver-memory 1g --driver-java-options '{options}' pyspark-shell"
        environment = os.environ | {
            "JAVA_HOME": str(java),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_SUBMIT_ARGS": submit,
        }
        command = [sys.executable, "-c", WORK, f"{made}/lake"]
        log = _output(command, environment, Path(made))
        if not part.is_file():
            raise ArchiveError(f"the JVM left no archive:\n{log[-2000:]}")
        part.rename(archive)


def _make_base(java: Path) -> None:
    """Make the archive of Java's own classes, on which others rest, where its makers have not."""
    server = java / "lib" / "server"
    if not (server / "classes.jsa").is_file():
        log = _output([str(java / "bin" / "java"), "-Xshare:dump"], os.environ, server)
        if not (server / "classes.jsa").is_file():
            raise ArchiveError(f"{server} has no classes.jsa, and Java made none:\n{log[-2000:]}")


def _output(command: list[str], environment: Mapping[str, str], folder: Path) -> str:
    """Run a command in a folder, and return what it says."""
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60 * MINUTES,
        check=False,
    )
    return done.stdout


def main() -> None:
    java = java_home()
    archive = archive_of(java)
    FOLDER.mkdir(exist_ok=True)
    if not archive.is_file():
        make(java, archive)
    for other in FOLDER.glob("*.jsa"):  # of jars that were there before
        if other != archive:
            other.unlink()


if __name__ == "__main__":
    try:
        main()
    except (ArchiveError, OSError, subprocess.TimeoutExpired) as error:
        # All works without it, a little later: no reason for a set-up to fail.
        sys.stderr.write(f"JVMs will load their classes from jars: {error}\n")
