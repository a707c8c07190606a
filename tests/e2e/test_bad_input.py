"""What is wrong with an input is said in the end of the log, and what is there stays there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.lake_runs import REPOSITORY, Ended, command, make_lake, rows_of, run

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MEASURED = {"age": 59.0, "sex": 2.0, "bmi": 32.1, "bp": 101.0, "progression": 151.0}
BLOOD = {"s1": 157.0, "s2": 93.2, "s3": 38.0, "s4": 4.0, "s5": 4.8598, "s6": 87.0}
PATIENTS = [{"patient": number, **MEASURED, **BLOOD} for number in range(7)]
GOOD_LINES = "".join(json.dumps(patient) + "\n" for patient in PATIENTS).encode()
GARBAGE = b"\xff\xfe{]\nno JSON\n[1, 2]\n"
# Each case is a lake of its own, all of them in one pipeline: file and bytes below raw, dataset.
CASES: Mapping[str, tuple[str, bytes, str]] = {
    "missing": ("diabetes/histroy/a.jsonl", GOOD_LINES, "diabetes"),
    "empty": ("diabetes/history/a.jsonl", b"", "diabetes"),
    "empty_csv": ("airlines/airlines.csv", b"", "airlines"),
    "wrong_columns": ("airlines/airlines.csv", b"code,name\nUA,United\n", "airlines"),
    "garbage_csv": ("airlines/airlines.csv", b"\xff\xfe\x00\n", "airlines"),
    "all_bad": ("diabetes/history/a.jsonl", GARBAGE, "diabetes"),
    "some_bad": ("diabetes/history/a.jsonl", GOOD_LINES + GARBAGE, "diabetes"),
}
TOLD = {
    "missing": "dataset 'diabetes': source 'history' has no file at",
    "empty": "dataset 'diabetes': its files have no rows, bronze has none",
    "empty_csv": "airlines.csv: is empty where a line of column names is due; correct the file",
    "wrong_columns": "airlines.csv: columns ['carrier'] are missing; it has ['code', 'name']",
    "garbage_csv": "airlines.csv: its first line is not UTF-8 text",
}
HEAD = "type: pipeline\nsettings: {continue_on_step_failure: true}\njobs:\n"
NODE = """\
  {name}:
    type: spark
    component: {components}/{component}/component.yml
    inputs: {{lake: {lake}, dataset: {dataset}, {more}}}
    resources: {{instance_type: standard_e4s_v3, runtime_version: "3.5"}}
"""
ARRIVED = 'source: history, as_of: "2024-01-01"'


def node(name: str, component: str, lake: Path, dataset: str, more: str) -> str:
    components = REPOSITORY / "components"
    return NODE.format(
        name=name, component=component, components=components, lake=lake, dataset=dataset, more=more
    )


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad_input")


@pytest.fixture(scope="module")
def ended(lakes: Path) -> Ended:
    """Run every case to its end, side by side."""
    jobs = ""
    for case, (file, content, dataset) in CASES.items():
        raw = lakes / case / "raw" / file
        raw.parent.mkdir(parents=True)
        raw.write_bytes(content)
        jobs += node(case, "ingest", lakes / case, dataset, ARRIVED)
    for case in ("all_bad", "some_bad"):
        ingested = f'ingested: "${{{{parent.jobs.{case}.outputs.receipt}}}}"'
        jobs += node(f"clean_{case}", "clean", lakes / case, "diabetes", ingested)
    pipeline = lakes / "pipeline.yml"
    pipeline.write_text(HEAD + jobs)
    return run(make_lake(lakes / "target"), str(pipeline))


@pytest.mark.parametrize("case", TOLD)
def test_a_bad_input_fails_its_step_and_the_log_ends_with_what_would_be_right(
    ended: Ended, case: str
) -> None:
    (record,) = ended.runs.values()
    assert (ended.code, record["status"]) == (1, "Failed")
    assert record["nodes"][case]["status"] == "Failed"
    last_line = Path(record["nodes"][case]["log"]).read_text().splitlines()[-1]
    assert TOLD[case] in last_line
    assert last_line in ended.text


def test_rows_that_are_all_bad_fail_the_step_and_stand_in_quarantine(
    ended: Ended, lakes: Path
) -> None:
    (record,) = ended.runs.values()
    assert record["nodes"]["clean_all_bad"]["status"] == "Failed"
    assert "dataset 'diabetes': 3 of 3 rows broke its rules, more than" in ended.text
    assert len(rows_of(lakes / "all_bad" / "quarantine" / "diabetes" / "rows")) == 3


def test_garbage_among_good_rows_is_set_aside_with_its_text(ended: Ended, lakes: Path) -> None:
    (record,) = ended.runs.values()
    cleaned = record["nodes"]["clean_some_bad"]
    assert cleaned["status"] == "Completed"
    valid = cleaned["receipt"]["tables"]["diabetes/valid"]
    assert (valid["rows_in"], valid["rows_out"]) == (10, 7)
    assert valid["set_aside"] == {"quarantined": 3, "duplicate": 0}
    texts = [str(row) for row in rows_of(lakes / "some_bad" / "quarantine" / "diabetes" / "rows")]
    assert [sum(line in text for text in texts) for line in ("no JSON", "[1, 2]")] == [1, 1]


def test_a_dataset_that_is_unknown_starts_nothing(tmp_path: Path) -> None:
    lake = make_lake(tmp_path)
    settings = ("--set=inputs.dataset=diabets", f"--target={tmp_path / 'local.yml'}")
    done = command("run", "data", *settings)
    assert done.returncode == 2
    assert "'diabets' is unknown: there are ['airlines', 'airports', 'diabetes'" in done.stderr
    assert list(lake.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [(None, "neither a file nor one of batch_inference, data, monitoring"), ("jobs: [", "YAML")],
    ids=["unknown", "broken"],
)
def test_a_pipeline_that_cannot_be_read_starts_nothing(
    tmp_path: Path, text: str | None, told: str
) -> None:
    lake, file = make_lake(tmp_path), tmp_path / "mine.yml"
    if text is not None:
        file.write_text(text)
    done = command("run", str(file), f"--target={tmp_path / 'local.yml'}")
    assert done.returncode == 2
    assert told in done.stderr
    assert list(lake.iterdir()) == []
