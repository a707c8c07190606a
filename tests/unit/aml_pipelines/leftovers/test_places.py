"""What a crash leaves beside the tables is found, and nothing that an asset, job or run names."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.execution.touched import Touched
from aml_pipelines.leftovers.found import Leftover, found_in, remove
from aml_pipelines.leftovers.named import named_in
from aml_pipelines.leftovers.places import UNDER_THE_LOCK, WITHOUT_IT
from aml_pipelines.workspace.assets.kinds import CODES, DATA
from aml_pipelines.workspace.jobs.store import Graph, Jobs
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.storage.blobs import BlobFolder, BlobInfo
from aml_pipelines.workspace.storage.uploads import Uploads
from aml_pipelines.workspace.store.documents import Documents
from aml_pipelines.workspace.store.sqlite import SqliteFile
from aml_pipelines.workspace.store.versions import Versions
from conf import faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LAKE = "azureml://datastores/lake/paths/"
FINDS = {**UNDER_THE_LOCK, **WITHOUT_IT}
WRITES = """
import sys
from pathlib import Path
from aml_pipelines.files import lay_copy, write_whole
write_whole(Path(sys.argv[1]), b"text")
"""


def found(lake: Path) -> dict[str, list[str]]:
    """Return what is found by place, without places in which there is nothing."""
    folder = StateFolder(lake)
    named = named_in(folder)
    paths = {place: sorted(find(folder, named)) for place, find in FINDS.items()}
    return {
        place: [path.relative_to(lake).as_posix() for path in listed]
        for place, listed in paths.items()
        if listed
    }


def write(lake: Path, *files: str) -> None:
    for file in files:
        (lake / file).parent.mkdir(parents=True, exist_ok=True)
        (lake / file).write_text("text")


def ran(lake: Path, run: str, status: str, nodes: Mapping[str, str]) -> None:
    """Record a run; its nodes have outputs only where they completed."""
    told = {
        name: {
            "status": state,
            "outputs": {"train": f"{lake}/published/{run}_{name}/train"}
            if state == "Completed"
            else {},
        }
        for name, state in nodes.items()
    }
    record = lake / "runs" / run / "run.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"status": status, "nodes": told}))


def published(run: str, *names: str) -> list[str]:
    return [f"published/{run}_publish/{name}/MLTable" for name in names]


def register(lake: Path, path: str) -> Versions:
    data = Versions(lake, DATA)
    data.put_version("train", "1", {"dataUri": path, "dataType": "mltable"})
    return data


def test_half_an_mltable_folder_is_found_and_what_a_data_asset_names_of_it_is_not(
    tmp_path: Path,
) -> None:
    write(tmp_path, *published("crashed", "train", "validation", "test"))
    ran(tmp_path, "crashed", "Failed", {"publish": "Failed"})
    assert found(tmp_path) == {"outputs of nodes": ["published/crashed_publish"]}
    data = register(tmp_path, f"{LAKE}published/crashed_publish/train")
    left = [f"published/crashed_publish/{name}" for name in ("test", "validation")]
    assert found(tmp_path) == {"outputs of nodes": left}
    data.put_version(
        "train",
        "1",
        {
            "dataUri": f"{LAKE}published/crashed_publish/train",
            "dataType": "mltable",
            "isArchived": True,
        },
    )
    assert found(tmp_path) == {"outputs of nodes": left}


@pytest.mark.parametrize("above", ["published/", "", "published/crashed_publish"])
def test_a_data_asset_of_a_folder_names_all_that_is_in_it(tmp_path: Path, above: str) -> None:
    write(tmp_path, *published("crashed", "train", "test"))
    ran(tmp_path, "crashed", "Failed", {"publish": "Failed"})
    register(tmp_path, f"{LAKE}{above}")
    assert found(tmp_path) == {}


def test_what_a_completed_node_or_a_person_has_put_into_the_lake_is_not_found(
    tmp_path: Path,
) -> None:
    # The second publication of the same rows registers nothing.
    write(tmp_path, *published("done", "train"), "published/mine/MLTable", "models/mine/MLmodel")
    ran(tmp_path, "done", "Completed", {"publish": "Completed"})
    ran(tmp_path, "failed", "Failed", {"publish": "Completed", "compare": "Failed"})
    write(tmp_path, *published("failed", "train"), "jobs/failed_compare/pipeline.yml")
    Jobs(tmp_path).submit("failed_compare", {"jobType": "Pipeline"}, Graph({}, {}))
    assert found(tmp_path) == {}


def test_what_a_job_or_an_endpoint_names_is_not_found(tmp_path: Path) -> None:
    write(tmp_path, *published("crashed", "train", "validation", "test"))
    ran(tmp_path, "crashed", "Failed", {"publish": "Failed"})
    lake = {"jobInputType": "literal", "value": str(tmp_path)}
    train = {"jobInputType": "mltable", "uri": f"{LAKE}published/crashed_publish/train"}
    body = {"jobType": "Pipeline", "inputs": {"lake": lake, "train": train}}
    Jobs(tmp_path).submit("job", body, Graph({}, {}))
    test = {"properties": {"inputs": [{"path": f"{tmp_path}/published/crashed_publish/test"}]}}
    Documents(tmp_path, "endpoint").put("scores", test)
    assert found(tmp_path) == {"outputs of nodes": ["published/crashed_publish/validation"]}


def test_of_a_run_that_was_cut_off_code_and_half_outputs_are_found_and_its_record_is_not(
    tmp_path: Path,
) -> None:
    ran(tmp_path, "cut", "Running", {"ingest": "Completed", "clean": "Running", "split": "Running"})
    ran(tmp_path, "failed", "Failed", {"clean": "Failed"})
    for node in ("cut/ingest", "cut/clean", "failed/clean"):
        names = ("snapshot/clean.py", "outputs/receipt/receipt.json", "log.txt", "fingerprint.json")
        write(tmp_path, *(f"runs/{node}/{name}" for name in names))
    expected = ["runs/cut/clean/outputs", "runs/cut/clean/snapshot"]
    assert found(tmp_path) == {"files of runs": expected}


def test_a_job_that_runs_without_the_lakes_lock_was_not_cut_off(tmp_path: Path) -> None:
    ran(tmp_path, "job", "Running", {"report": "Running"})
    write(tmp_path, "runs/job/report/snapshot/report.py", "published/job_report/page.html")
    jobs = Jobs(tmp_path)
    jobs.submit("job", {"jobType": "Pipeline"}, Graph({}, {}, touched=Touched(())))
    assert jobs.begin_next() is not None
    assert found(tmp_path) == {}
    jobs.fail_started("the workspace was stopped")
    assert found(tmp_path) == {
        "outputs of nodes": ["published/job_report"],
        "files of runs": ["runs/job/report/snapshot"],
    }


def test_outputs_that_may_be_reused_are_not_found(tmp_path: Path) -> None:
    ran(tmp_path, "cut", "Running", {"train": "Running"})
    write(tmp_path, "runs/cut/train/outputs/model/MLmodel", "runs/cut/train/outputs/report/r.json")
    index = tmp_path / "runs" / "reuse" / "key.json"
    index.parent.mkdir()
    outputs = {"model": f"{tmp_path}/runs/cut/train/outputs/model"}
    index.write_text(json.dumps({"outputs": outputs}))
    assert found(tmp_path) == {"files of runs": ["runs/cut/train/outputs/report"]}


@pytest.mark.parametrize("file", ["registry/workspace-id", "raw/trips/a.csv"])
def test_a_file_that_its_writer_has_not_finished_is_found(tmp_path: Path, file: str) -> None:
    lake, marks = tmp_path / "lake", tmp_path / "marks"
    marks.mkdir()
    point = f"-c: before rename {'/'.join((lake / file).parts[-3:])}"
    (marks / faults.PLAN).write_text(json.dumps({"point": point, "number": 1, "action": "die"}))
    ended = subprocess.run(
        [sys.executable, "-c", WRITES, str(lake / file)],
        env={**os.environ, faults.VARIABLE: str(marks)},
        check=False,
    )
    assert ended.returncode == faults.EXIT_CODE
    (part,) = (lake / file).parent.iterdir()
    assert found(lake) == {"unfinished files": [part.relative_to(lake).as_posix()]}


def test_a_run_that_ended_before_its_record_was_written_is_found(tmp_path: Path) -> None:
    part = f"{'0' * 32}.part"
    write(tmp_path, f"runs/cut/.run.json.{part}", f"runs/reuse/.key.json.{part}")
    (tmp_path / "runs" / "jvm").mkdir()
    expected = ["runs/cut", f"runs/reuse/.key.json.{part}"]
    assert found(tmp_path) == {"unfinished files": expected}


def test_a_database_that_did_not_get_its_name_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.link", ends)
    file = SqliteFile(tmp_path / "registry" / "jobs.db", "CREATE TABLE job (name TEXT);")
    with pytest.raises(KeyboardInterrupt), file.writing():
        pass
    (newborn,) = (tmp_path / "registry").iterdir()
    assert found(tmp_path) == {"unfinished files": [f"registry/{newborn.name}"]}


def test_blocks_that_no_blob_has_are_found(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path, state=tmp_path)
    for name in ("raw/a.csv", "raw/b.csv"):
        blobs.put_block(name, "MQ==", io.BytesIO(b"block"), None)
    blobs.commit("raw/a.csv", ["MQ=="], BlobInfo(), unless=lambda _: None)
    (left,) = (tmp_path / "registry" / "blocks").iterdir()
    (left / f".4d673d3d.{'0' * 32}.part").write_text("half a block")
    assert found(tmp_path) == {"staged blocks": [f"registry/blocks/{left.name}"]}


def test_code_that_was_uploaded_and_never_registered_is_found(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    urls = [uploads.open_container("127.0.0.1:1")[0] for _ in range(2)]
    first, second = (url.rpartition("/")[2] for url in urls)
    Versions(tmp_path, CODES).put_version("code", "1", {"codeUri": f"{urls[0]}/code"})
    assert uploads.find(first) is not None
    assert found(tmp_path) == {"uploads": [f"workspaceblobstore/uploads/{second}"]}


def test_files_of_a_job_that_was_not_put_into_the_queue_are_found(tmp_path: Path) -> None:
    write(tmp_path, "jobs/submitted/pipeline.yml", "jobs/cut/pipeline.yml")
    Jobs(tmp_path).submit("submitted", {"jobType": "Pipeline"}, Graph({}, {}))
    assert found(tmp_path) == {"files of jobs": ["jobs/cut"]}


def test_what_was_changed_of_late_is_too_young_with_all_that_is_in_it(tmp_path: Path) -> None:
    write(tmp_path, "old/file", "mixed/old", "mixed/new")
    long_ago = time.time() - 100
    for name in ("old/file", "old", "mixed/old", "mixed"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    listed = [tmp_path / "old", tmp_path / "mixed"]
    some = found_in("place", listed, root=tmp_path, unchanged_since=long_ago + 50)
    assert (some.leftovers, some.younger) == ((Leftover("old", 4),), 1)


def test_a_removal_that_was_broken_off_is_finished_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, *published("crashed", "train", "validation"))
    ran(tmp_path, "crashed", "Failed", {"publish": "Failed"})
    deleted: list[str] = []
    unlink = os.unlink

    def breaks_off(path: str, **given: int) -> None:
        if deleted:
            raise KeyboardInterrupt
        deleted.append(path)
        unlink(path, **given)

    left = Leftover("published/crashed_publish", 8)
    monkeypatch.setattr("os.unlink", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        remove(left, tmp_path)
    monkeypatch.undo()
    assert found(tmp_path) == {"outputs of nodes": ["published/crashed_publish"]}
    remove(left, tmp_path)
    assert found(tmp_path) == {}
    assert list((tmp_path / "published").iterdir()) == []
