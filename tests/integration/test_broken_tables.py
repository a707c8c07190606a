"""Files of a table are lost or damaged: the next step says so and writes nothing; its advice helps.

CHAOS=all tries every damage on every table (`make chaos`); otherwise each once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spark_jobs.broken_table import BrokenTableError
from tests.delta_logs import commits, live_files
from tests.integration.arriving import DAYS, Arriving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark
TABLES = (
    *("bronze/trips/rows", "silver/trips/valid", "gold/trips/features"),
    *("gold/trips/train", "gold/trips/scores"),
)
LAYERS = ("bronze", "silver", "quarantine", "gold", "batches")


def lose_data(table: Path) -> None:
    newest_data(table).unlink()


def cut_data(table: Path) -> None:
    data = newest_data(table)
    data.write_bytes(data.read_bytes()[:200])


def spoil_data(table: Path) -> None:
    data = newest_data(table)
    data.write_bytes(b"\x00" * data.stat().st_size)
    hadoop_checksum(data).unlink()


def lose_first_data(table: Path) -> None:
    Path(live_files(str(table))[0]).unlink()


def cut_newest_commit(table: Path) -> None:
    commit = newest_commit(table)
    commit.write_bytes(commit.read_bytes()[: commit.stat().st_size // 2])
    hadoop_checksum(commit).unlink()


def cut_newest_commit_after_a_line(table: Path) -> None:
    """Leave whole lines, but not the last, which adds a file."""
    commit = newest_commit(table)
    lines = commit.read_text().splitlines(keepends=True)
    adds = [line for line in lines if line.startswith('{"add"')]
    commit.write_text("".join(line for line in lines if line != adds[-1]))
    hadoop_checksum(commit).unlink()


def lose_a_commit(table: Path) -> None:
    (table / "_delta_log" / f"{1:020}.json").unlink()


def spoil_checkpoint(table: Path) -> None:
    checkpoint = only_checkpoint(table)
    checkpoint.write_bytes(b"\x00" * checkpoint.stat().st_size)
    hadoop_checksum(checkpoint).unlink()


def lose_checkpoint(table: Path) -> None:
    only_checkpoint(table).unlink()


DAMAGES: Mapping[str, Callable[[Path], None]] = {
    "the newest data file is lost": lose_data,
    "the newest data file is cut off": cut_data,
    "the newest data file is garbage of its length": spoil_data,
    "the first data file is lost": lose_first_data,
    "the newest commit is cut off within a line": cut_newest_commit,
    "the newest commit is cut off after a line": cut_newest_commit_after_a_line,
    "a commit in the middle is lost": lose_a_commit,
    "the checkpoint is garbage, the commits before it are cleaned up": spoil_checkpoint,
    "the checkpoint is lost, the commits before it are cleaned up": lose_checkpoint,
}
ALL = [(damage, table) for damage in DAMAGES for table in TABLES]
BRONZE = [(damage, TABLES[0]) for damage in DAMAGES]
IS_WHOLE = os.environ.get("CHAOS") == "all"
CHOSEN = ALL if IS_WHOLE else BRONZE
# The steps after it take most of the time.
LAST_STEP = "write_scores" if IS_WHOLE else "ingest"


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Arriving:
    """Return a lake after three days, with a copy of it as it was then."""
    lake = Arriving(spark, tmp_path_factory.mktemp("broken") / "lake")
    for day in DAYS[:3]:
        lake.arrive(day)
        lake.run(until=LAST_STEP)
    lake.keep()
    return lake


@pytest.fixture(scope="module")
def undisturbed(lake: Arriving) -> dict[str, list[str]]:
    """Return what the tables hold after the fourth day."""
    lake.arrive(DAYS[3])
    lake.run(until=LAST_STEP)
    return lake.held()


@pytest.mark.slow
@pytest.mark.parametrize(("damage", "table"), CHOSEN)
def test_a_broken_table_is_refused_by_name_and_what_the_error_says_helps(
    lake: Arriving, undisturbed: Mapping[str, list[str]], damage: str, table: str
) -> None:
    lake.put_back()
    if "checkpoint" in damage:
        lake.checkpoint(table)
    DAMAGES[damage](lake.folder / table)
    # Nobody can tell but who reads it: a step may have written another of its tables by then.
    must_be_read = "garbage of its length" in damage
    if must_be_read:  # and a step with its note reads what has changed
        shutil.rmtree(lake.folder / "done")
    unchanged = (table,) if must_be_read else LAYERS
    lake.arrive(DAYS[3])
    before: list[dict[str, str]] = []
    with pytest.raises(BrokenTableError) as told:
        lake.run(
            until=LAST_STEP, before_step=lambda: before.append(listing(lake.folder, unchanged))
        )
    assert listing(lake.folder, unchanged) == before[-1]
    assert re.match(rf"{lake.folder}/{table}: version \d+ is broken: \S+ \w+", str(told.value))
    do_as_told(lake, str(told.value))
    lake.run(until=LAST_STEP)
    assert lake.held() == undisturbed


@pytest.mark.slow
def test_a_file_that_is_put_back_makes_the_table_whole(
    lake: Arriving, undisturbed: Mapping[str, list[str]]
) -> None:
    lake.put_back()
    data = newest_data(lake.folder / TABLES[0])
    content = data.read_bytes()
    data.unlink()
    lake.arrive(DAYS[3])
    with pytest.raises(BrokenTableError, match=f"{data.name} is not there.*put the file back"):
        lake.run(until=LAST_STEP)
    data.write_bytes(content)
    lake.run(until=LAST_STEP)
    assert lake.held() == undisturbed


@pytest.mark.slow
def test_rows_are_judged_again_when_the_version_that_was_judged_cannot_be_read_any_more(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Arriving(spark, tmp_path / "lake")
    bronze = lake.folder / TABLES[0]
    for day in DAYS[1:3]:
        lake.arrive(day)
        lake.run(until="ingest")
    lake.run(until="clean")
    judged = lake.held()
    lose_data(lake.folder / TABLES[0])
    with pytest.raises(BrokenTableError) as told:
        lake.run(until="clean")
    do_as_told(lake, str(told.value))
    lake.run(until="clean")
    assert lake.held() == judged
    lose_data(lake.folder / TABLES[1])
    with pytest.raises(BrokenTableError, match=f"{TABLES[1]}: version"):
        lake.run(until="clean")
    assert len(commits(str(bronze))) == 4


def do_as_told(lake: Arriving, error: str) -> None:
    """Do what an error says, the second way where there are two."""
    statement = re.search(r"RESTORE TABLE delta\.`\S+` TO VERSION AS OF \d+", error)
    if statement:
        table, data = re.findall(r"(\S+): version \d+ is broken: (\S+) ", error)[0]
        Path(table, data).unlink(missing_ok=True)
        lake.spark.sql(statement[0])
    elif "move the folder of the table away" in error:
        table = Path(error.partition(": ")[0])
        table.rename(table.with_name("away"))
    else:
        (broken,) = re.findall(r"is broken: (\S+?):? ", error)
        assert "or delete it" in error
        Path(broken).unlink()


def listing(folder: Path, places: Sequence[str]) -> dict[str, str]:
    """Hash every file of tables, by the tables or the layers that they are in."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for place in places
        for file in sorted((folder / place).rglob("*"))
        if file.is_file()
    }


def newest_data(table: Path) -> Path:
    return Path(live_files(str(table))[-1])


def newest_commit(table: Path) -> Path:
    return max((table / "_delta_log").glob("*.json"))


def only_checkpoint(table: Path) -> Path:
    """Return the checkpoint of the newest version, when older commits have been cleaned up."""
    (checkpoint,) = (table / "_delta_log").glob("*.checkpoint.parquet")
    for commit in sorted((table / "_delta_log").glob("*.json"))[:-1]:
        commit.unlink()
    return checkpoint


def hadoop_checksum(file: Path) -> Path:
    """Return Hadoop's own checksum of a file, which stores other than folders do not have."""
    return file.with_name(f".{file.name}.crc")
