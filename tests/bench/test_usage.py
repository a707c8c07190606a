"""What work costs is the cost of all that it starts, also of what outlives its parent."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conf.target import REPOSITORY
from tests.bench.delta_digests import parquet_outcome
from tests.bench.event_log import EventLogs, Executed
from tests.bench.raw_flights import raw_flights
from tests.bench.sizes import SMALL

if TYPE_CHECKING:
    from pathlib import Path

# Burns a second in a child, another in an orphan whose first thread ends before, as a JVM's does;
# holds and writes some MiB.
WORK = """
import json, subprocess, sys, time
from dataclasses import asdict
from pathlib import Path
from tests.bench.usage import adopt_orphans, measure
burn = "import time\\nwhile time.process_time() < 1: pass"
ends_alone = "import ctypes; ctypes.CDLL(None).syscall(60, 0)"
late = f"import time; time.sleep(4)\\n{burn}"
orphan = f"import threading\\nthreading.Thread(target=exec, args=[{late!r}]).start()\\n{ends_alone}"
hold = "import time; held = bytes(range(256)) * (64 * 4096); time.sleep(3)"
file = sys.argv[1]
child = f'''
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {orphan!r}])
subprocess.Popen([sys.executable, "-c", {hold!r}])
open({file!r}, "wb").write(bytes(5_000_000))
{burn}
'''
adopt_orphans()
work = lambda: subprocess.run([sys.executable, "-c", child], check=True)
for _ in range(2):
    print(json.dumps(asdict(measure(work, events=Path(file).parent / "events"))))
"""
STARTS = '{"Event":"SparkListenerJobStart"}\n'
ENDS = '{"Event":"SparkListenerStageCompleted"}\n'


def test_children_and_orphans_are_counted_each_time(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORK, str(tmp_path / "written")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for usage in map(json.loads, done.stdout.splitlines()):
        assert 2 <= usage["cpu_seconds"] < 4
        assert usage["peak_bytes"] > 64 * 2**20
        assert 5_000_000 <= usage["written_bytes"] < 6_000_000


def test_only_what_came_to_the_logs_since_is_counted(tmp_path: Path) -> None:
    (tmp_path / "app-1.inprogress").write_text(STARTS + ENDS * 2)
    logs = EventLogs(tmp_path)
    logs.skip()
    (tmp_path / "app-1.inprogress").rename(tmp_path / "app-1")
    with (tmp_path / "app-1").open("a") as log:
        log.write(STARTS + ENDS * 3)
    (tmp_path / "app-2").write_text(STARTS)
    assert logs.executed() == Executed(2, 3)


def test_a_digest_is_blind_to_order_and_width_and_sees_each_value(tmp_path: Path) -> None:
    def outcome(*tables: dict[str, object]) -> object:
        files = []
        for number, columns in enumerate(tables):
            files.append(str(tmp_path / f"{number}.parquet"))
            pq.write_table(pa.table(columns), files[-1])
        return parquet_outcome(files, ["a", "b"], named="rows")

    whole = outcome({"a": [1, 2, None], "b": ["x", None, "z"]})
    one = {"a": np.array([2], "int32"), "b": pa.array([None], pa.string())}
    parts = outcome(one, {"a": [None, 1.0], "b": ["z", "x"]})
    assert whole == parts
    for other in ([1, 2, 3], [1, None, 2], [1, 2, 0]):
        assert outcome({"a": other, "b": ["x", None, "z"]}) != whole


def test_the_flights_of_a_size_are_as_many_times_with_keys_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.bench.raw_flights.RAW", tmp_path)
    raw = raw_flights(SMALL)
    files = sorted((raw.folder / "raw/flights/history").glob("*.csv"))
    flights = [line.split(",") for file in files for line in file.read_text().splitlines()[1:]]
    keys = {(flight[18], flight[9], flight[10]) for flight in flights}
    assert len(flights) == len(keys) == raw.rows
    assert sum(int(flight[10]) > 10_000 for flight in flights) * SMALL.times == raw.rows


@pytest.mark.parametrize(
    ("half_of", "column", "whose"), [("carrier", 9, "UA"), ("plane", 11, "N14228")]
)
def test_half_of_the_flights_may_be_of_one_carrier_or_plane_with_keys_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, half_of: str, column: int, whose: str
) -> None:
    monkeypatch.setattr("tests.bench.raw_flights.RAW", tmp_path)
    raw = raw_flights(SMALL, half_of=half_of)
    files = sorted((raw.folder / "raw/flights/history").glob("*.csv"))
    flights = [line.split(",") for file in files for line in file.read_text().splitlines()[1:]]
    assert len({(flight[18], flight[9], flight[10]) for flight in flights}) == raw.rows
    assert 0.5 < sum(flight[column] == whose for flight in flights) / raw.rows < 0.6
