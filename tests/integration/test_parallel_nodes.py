"""Parallel nodes really run: every file and every row is in one mini-batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.pipelines_elsewhere import run_pipeline, write_files

SCRIPT = """
import argparse
from pathlib import Path
def init():
    global word
    parser = argparse.ArgumentParser()
    parser.add_argument("--word")
    word = parser.parse_known_args()[0].word
def run(mini_batch, context):
    if isinstance(mini_batch, list):
        return [f"{word} {context.minibatch_index} {Path(item).read_text()}" for item in mini_batch]
    return mini_batch.assign(batch=context.minibatch_index,
                             key=str(context.partition_key_value.get("town")))
"""
TABLE = """
paths:
  - file: ./rows.csv
transformations:
  - read_delimited: {delimiter: ",", header: all_files_same_headers}
  - convert_column_types:
      - {columns: size, column_type: int}
"""
FILES = {
    "code/score.py": SCRIPT,
    "files/a": "A",
    "files/b": "B",
    "files/deep/c": "C",
    "table/MLTable": TABLE,
    "table/rows.csv": "town,size\nRome,1\nOslo,2\nRome,3\n",
}


def node(source: str, kind: str, **more: object) -> dict[str, object]:
    task = {
        "type": "run_function",
        "code": "./code",
        "entry_script": "score.py",
        "environment": "azureml:python:1",
        "program_arguments": "--word ${{inputs.word}}",
        "append_row_to": "${{outputs.scores}}",
    }
    return {
        "type": "parallel",
        "inputs": {"data": {"type": kind, "path": source}, "word": "a word's"},
        "outputs": {"scores": {"type": "uri_file"}},
        "input_data": "${{inputs.data}}",
        "task": task,
        **more,
    }


@pytest.mark.slow
def test_files_rows_and_groups_of_rows_are_each_in_one_mini_batch(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    record = run_pipeline(
        tmp_path,
        {
            "files": node("files", "uri_folder", mini_batch_size="2"),
            # a column of two texts of 61 bytes and one of whole numbers: less than 100 for a row
            "rows": node("table", "mltable", mini_batch_size="100", max_concurrency_per_instance=2),
            "groups": node("table", "mltable", partition_keys=["town"]),
        },
    )
    scores = {
        name: Path(done["outputs"]["scores"]).read_text() for name, done in record["nodes"].items()
    }
    assert scores == {
        "files": "a word's 0 A\na word's 0 B\na word's 1 C\n",
        "rows": "Rome 1 0 None\nOslo 2 1 None\nRome 3 2 None\n",
        "groups": "Oslo 2 0 Oslo\nRome 1 1 Rome\nRome 3 1 Rome\n",
    }


def test_a_parallel_node_fails_when_more_items_fail_than_may_and_names_them(tmp_path: Path) -> None:
    script = "def run(files):\n    return [int(file.endswith('b') and 'no') for file in files]\n"
    write_files(tmp_path, {**FILES, "code/score.py": script})
    settings = {"mini_batch_size": "1", "error_threshold": 0, "retry_settings": {"max_retries": 0}}
    record = run_pipeline(tmp_path, {"files": node("files", "uri_folder", **settings)})
    done = record["nodes"]["files"]
    assert done["status"] == "Failed"
    log = Path(done["log"]).read_text()
    assert f"not scored: {tmp_path}/files/b: Traceback" in log
    assert "1 items and 1 mini-batches failed; allowed are 0 and -1" in log
