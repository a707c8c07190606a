"""Making a workspace ready by verbs: each says what it did, and done twice it does nothing."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.storage.blob._generated.operations import BlockBlobOperations

from aml_pipelines.azure import desired
from aml_pipelines.azure.render import read_job
from aml_pipelines.verbs import upload
from aml_pipelines.workspace.assets.kinds import COMPONENTS
from aml_pipelines.workspace.store.versions import Versions
from conf.target import REPOSITORY
from tests.integration.azure_verbs import Typed, typing_at

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]


def states(printed: str) -> set[str]:
    return {line.rpartition(": ")[2] for line in printed.splitlines()}


def test_bootstrap_makes_what_is_missing_and_then_nothing(typed: Typed) -> None:
    first = typed("bootstrap", "--create")
    assert "compute cpu-cluster: created" in first.splitlines()
    assert "datastore lake_blob: created" in first.splitlines()
    assert states(typed("bootstrap", "--create")) <= {"unchanged", "kept as found"}


def test_a_dry_run_prints_what_would_be_sent_and_sends_nothing(typed: Typed) -> None:
    printed = typed("bootstrap", "--create", "--dry-run")
    assert "# compute cpu-cluster\n" in printed
    assert "size: STANDARD_DS3_V2\n" in printed
    assert "compute cpu-cluster: created" in typed("bootstrap")


def test_register_skips_what_is_unchanged_and_sends_a_changed_component_anew(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    patterns = ("environment/train", "component/train", "data/*")
    assert states(typed("register", *patterns)) == {"created"}
    assert states(typed("register", *patterns)) == {"unchanged"}
    sent = Versions(typed.lake, COMPONENTS).version("train", "1").properties["componentSpec"]
    assert isinstance(sent, dict)
    version = read_job(REPOSITORY / "environments" / "train" / "environment.yml")["version"]
    assert sent["environment"].endswith(f"/environments/train/versions/{version}")
    assert sent["command"].startswith("python train.py --model_name ${{inputs.model_name}}")

    monkeypatch.setattr(desired, "snapshot_hash", lambda _: "other code")
    assert typed("register", "component/train") == "component train: updated\n"
    assert len(Versions(typed.lake, COMPONENTS).versions("train")) == 2
    assert states(typed("register", "component/train")) == {"unchanged"}


def test_an_environment_that_changed_under_its_version_is_refused_with_the_way_out(
    typed: Typed, tmp_path: Path
) -> None:
    schema = "https://azuremlschemas.azureedge.net/latest/environment.schema.json"
    file = tmp_path / "ours.yml"
    file.write_text(f"$schema: {schema}\nname: ours\nversion: '1'\nimage: a\n")
    assert typed("register", str(file)) == "environment ours: created\n"
    file.write_text(f"$schema: {schema}\nname: ours\nversion: '1'\nimage: a\ndescription: d\n")
    assert typed("register", str(file)) == "environment ours: unchanged\n"
    file.write_text(f"$schema: {schema}\nname: ours\nversion: '1'\nimage: b\n")
    told = typed("register", str(file), code=1)
    assert f"versions never change: state another in {file}" in told


def test_a_pattern_that_matches_nothing_names_what_there_is(typed: Typed) -> None:
    told = typed("register", "component/trian", code=2)
    assert "nothing to register is named component/trian" in told
    assert "component/train" in told


def test_an_upload_that_broke_off_goes_on_with_the_file_that_broke_off(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "BLOCK_BYTES", 1000)
    content = bytes(range(256)) * 12  # four blocks
    (tmp_path / "trips").mkdir()
    (tmp_path / "trips" / "a.csv").write_bytes(b"small")
    (tmp_path / "trips" / "b.csv").write_bytes(content)
    stage: Any = BlockBlobOperations.stage_block
    calls = count(1)  # blocks are staged by several threads at once

    def stage_until_the_third(*arguments: object, **options: object) -> object:
        if next(calls) > 2:
            raise ServiceRequestError("the line is down")
        return stage(*arguments, **options)

    monkeypatch.setattr(BlockBlobOperations, "stage_block", stage_until_the_third)
    told = typed("upload", str(tmp_path / "trips"), "--to", "raw/trips", code=1)
    assert "run the same command again, which goes on where it stopped" in told
    assert (typed.lake / "raw" / "trips" / "a.csv").read_bytes() == b"small"
    assert not (typed.lake / "raw" / "trips" / "b.csv").exists()

    monkeypatch.setattr(BlockBlobOperations, "stage_block", stage)
    assert "1 of 2 files sent, 1 were there" in typed(
        "upload", str(tmp_path / "trips"), "--to", "raw/trips"
    )
    assert (typed.lake / "raw" / "trips" / "b.csv").read_bytes() == content
    assert "0 of 2 files sent, 2 were there" in typed(
        "upload", str(tmp_path / "trips"), "--to", "raw/trips"
    )


def test_a_changed_file_is_sent_again(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "trips").mkdir()
    for text in ("old", "new"):
        (tmp_path / "trips" / "a.csv").write_text(text)
        assert "1 of 1 files sent" in typed("upload", str(tmp_path / "trips"))
    assert (typed.lake / "raw" / "a.csv").read_text() == "new"


def test_a_folder_without_files_is_no_upload(typed: Typed, tmp_path: Path) -> None:
    assert "is no folder with files" in typed("upload", str(tmp_path / "none"), code=2)


def test_without_a_workspace_the_command_that_serves_one_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with typing_at(tmp_path / "lake", capsys) as typed:
        pass
    assert "python -m aml_pipelines workspace" in typed("register", "data/*", code=2)


def test_a_throttled_and_a_dropped_request_are_sent_again(typed: Typed) -> None:
    typed.here.faults.plan("throttle", "PUT", "/computes/cpu-cluster")
    typed.here.faults.plan("drop", "GET", "/datastores/lake_blob")
    assert "compute cpu-cluster: created" in typed("bootstrap")
    assert typed.here.faults.are_over
