"""The rules of versions, without a server: what Azure ML does with those of data assets."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_pipelines.errors import ConflictError, NotFoundError
from aml_pipelines.pipeline.assets import next_version, version_order
from aml_pipelines.workspace.assets.kinds import DATA, ENVIRONMENTS
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.store.sqlite import RegistryError
from aml_pipelines.workspace.store.versions import Versions

if TYPE_CHECKING:
    from aml_pipelines.workspace.store.version_rules import AssetVersion

ROOT = Path(__file__).resolve().parents[5]
PATH = "azureml://datastores/lake/paths/gold/train"
TRAIN = {"dataType": "mltable", "dataUri": PATH}


@pytest.fixture
def data(tmp_path: Path) -> Versions:
    return Versions(tmp_path, DATA)


def test_a_registered_version_is_found_by_version_and_by_label(
    tmp_path: Path, data: Versions
) -> None:
    stored, is_new = data.put_version("train", "1", {**TRAIN, "tags": {"rows": "3"}})

    assert is_new
    assert data.version("train", "1") == stored
    found = Registry(tmp_path).data_asset("train", "1")
    assert (found.type, found.path, found.tags) == ("mltable", PATH, {"rows": "3"})
    assert found.created_at == stored.created_at
    assert Registry(tmp_path).data_asset("train", label="latest") == found
    assert Registry(tmp_path).data_asset("train") == found


def test_a_lake_without_a_registry_has_no_assets_and_gets_no_file_by_reading(
    tmp_path: Path,
) -> None:
    with pytest.raises(
        NotFoundError, match=r"data asset 'train' is not registered; there are \[\]"
    ):
        Registry(tmp_path).data_asset("train", "1")
    with pytest.raises(NotFoundError, match=r"model 'late' is not registered; there are \[\]"):
        Registry(tmp_path).model("late")
    assert list(tmp_path.iterdir()) == []


def test_the_same_registration_again_changes_nothing(data: Versions) -> None:
    first, _ = data.put_version("train", "1", TRAIN)
    again = {**TRAIN, "tags": {}, "isAnonymous": False, "properties": {}}
    second, is_new = data.put_version("train", "1", again)

    assert not is_new
    assert second.created_at == first.created_at
    assert len(data.versions("train")) == 1


def test_the_long_form_of_a_path_is_the_same_path(data: Versions) -> None:
    long = (
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/lake/paths/gold/train"
    )
    data.put_version("train", "1", TRAIN)
    again, is_new = data.put_version("train", "1", {**TRAIN, "dataUri": long})

    assert not is_new
    assert again.properties["dataUri"] == PATH


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dataUri": "azureml://datastores/lake/paths/other"}, r"its \['dataUri'\] differ"),
        ({"dataType": "uri_folder"}, r"its \['dataType'\] differ"),
        ({"properties": {"a": "b"}}, r"its \['properties'\] differ"),
        ({"isAnonymous": True}, r"its \['isAnonymous'\] differ"),
    ],
)
def test_a_version_is_immutable_and_the_refusal_says_what_differs(
    data: Versions, change: dict[str, object], said: str
) -> None:
    data.put_version("train", "1", TRAIN)

    with pytest.raises(ConflictError, match=said):
        data.put_version("train", "1", {**TRAIN, **change})
    assert data.version("train", "1").properties["dataUri"] == PATH


def test_description_tags_stage_and_archive_may_change(tmp_path: Path, data: Versions) -> None:
    data.put_version("train", "1", {**TRAIN, "tags": {"a": "1", "b": "2"}})
    change = {"tags": {"a": "3"}, "description": "x", "stage": "Production", "isArchived": True}
    data.put_version("train", "1", {**TRAIN, **change})

    stored = Registry(tmp_path).data_asset("train", "1")
    assert (stored.tags, stored.description, stored.stage) == ({"a": "3"}, "x", "Production")
    assert stored.is_archived


def test_a_version_of_another_type_under_the_same_name_is_refused(data: Versions) -> None:
    data.put_version("train", "1", TRAIN)

    with pytest.raises(ConflictError, match="'train' is of type 'mltable'"):
        data.put_version("train", "2", {**TRAIN, "dataType": "uri_file"})
    with pytest.raises(ConflictError, match="'mltable' and cannot become 'uri_file'"):
        data.put_container("train", {"dataType": "uri_file"})


def test_latest_is_the_newest_that_is_not_archived_not_the_greatest(
    tmp_path: Path, data: Versions
) -> None:
    for version in ("10", "3", "2"):
        data.put_version("train", version, TRAIN)
    assert Registry(tmp_path).data_asset("train").version == "2"

    data.put_version("train", "2", {**TRAIN, "isArchived": True})
    assert Registry(tmp_path).data_asset("train").version == "3"
    assert data.container("train").next_version == "11"


def test_nothing_is_latest_when_all_versions_are_archived(tmp_path: Path, data: Versions) -> None:
    data.put_version("train", "1", {**TRAIN, "isArchived": True})

    assert data.container("train").latest_version is None
    with pytest.raises(NotFoundError, match="'train' has no version labelled 'latest'"):
        Registry(tmp_path).data_asset("train", label="latest")


def test_what_is_not_there_is_answered_with_what_is(tmp_path: Path, data: Versions) -> None:
    for version in ("10", "2", "a"):
        data.put_version("train", version, TRAIN)

    with pytest.raises(NotFoundError, match=r"'trian' is not registered; there are \['train'\]"):
        data.version("trian", "1")
    with pytest.raises(NotFoundError, match=r"no version '1'; it has \['2', '10', 'a'\]"):
        data.version("train", "1")
    with pytest.raises(NotFoundError, match="the only label is 'latest'"):
        Registry(tmp_path).data_asset("train", label="stable")


def test_versions_and_names_are_listed_by_what_is_archived(data: Versions) -> None:
    data.put_version("train", "1", TRAIN)
    data.put_version("train", "2", {**TRAIN, "isArchived": True})
    data.put_version("test", "1", TRAIN)
    data.put_container("test", {"dataType": "mltable", "isArchived": True})

    assert [item.version for item in data.versions("train")] == ["1"]
    assert [item.version for item in data.versions("train", "ArchivedOnly")] == ["2"]
    assert [item.version for item in data.versions("train", "All")] == ["2", "1"]
    assert [item.name for item in data.containers()] == ["train"]
    assert [item.name for item in data.containers("ArchivedOnly")] == ["test"]
    assert [item.name for item in data.containers("All")] == ["test", "train"]


def test_a_write_that_its_caller_refuses_leaves_nothing_behind(data: Versions) -> None:
    def refuse(_: AssetVersion | None) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        data.put_version("train", "1", TRAIN, unless=refuse)
    assert data.containers("All") == []


def test_kinds_share_a_file_and_no_name(tmp_path: Path, data: Versions) -> None:
    data.put_version("train", "1", TRAIN)
    environments = Versions(tmp_path, ENVIRONMENTS)
    environments.put_version("train", "1", {"image": "python"})

    assert data.version("train", "1").properties == TRAIN
    assert environments.container("train").type == "environment"
    with pytest.raises(ConflictError, match="An environment version with this name and version"):
        environments.put_version("train", "1", {"image": "ruby"})


def test_a_file_of_another_schema_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "resources.db").touch()

    with pytest.raises(RegistryError, match=r"resources\.db: has schema 0, not 1"):
        Registry(tmp_path).data_asset("train", "1")


REGISTER_NEXT = """
import sys, uuid
from pathlib import Path
from aml_pipelines.errors import ConflictError, NotFoundError
from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.store.versions import Versions

data, registered = Versions(Path(sys.argv[1]), DATA), []
while len(registered) < 5:
    try:
        version = data.container("train").next_version
    except NotFoundError:
        version = "1"
    try:
        uri = f"wasbs://{uuid.uuid4()}"
        data.put_version("train", version, {"dataType": "mltable", "dataUri": uri})
    except ConflictError:
        continue
    registered.append(version)
print(*registered)
"""


def test_eight_processes_that_begin_at_once_get_distinct_versions(tmp_path: Path) -> None:
    def run(_: int) -> list[str]:
        return subprocess.run(
            [sys.executable, "-c", REGISTER_NEXT, str(tmp_path)],
            capture_output=True,
            check=True,
            cwd=ROOT,
            text=True,
            timeout=60,
        ).stdout.split()

    with ThreadPoolExecutor(8) as writers:
        registered = list(writers.map(run, range(8)))

    versions = sorted(int(version) for several in registered for version in several)
    assert versions == list(range(1, 41))


def test_eight_threads_that_write_one_version_agree_on_one_winner(data: Versions) -> None:
    def register(writer: int) -> bool:
        try:
            data.put_version("train", "1", {**TRAIN, "dataUri": f"wasbs://{writer}"})
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as writers:
        won = list(writers.map(register, range(8)))

    assert sorted(won) == [False] * 7 + [True]
    assert data.version("train", "1").properties["dataUri"] == f"wasbs://{won.index(True)}"


@given(st.lists(st.integers(1, 10**6).map(str) | st.text("ab.-", min_size=1)))
def test_the_next_version_is_new_and_greater_than_every_integer_one(versions: list[str]) -> None:
    following = next_version(versions)

    assert following not in versions
    assert all(int(following) > int(version) for version in versions if version.isdecimal())


@given(st.sets(st.integers(0, 10**6)))
def test_integer_versions_order_as_integers(numbers: set[int]) -> None:
    ordered = sorted((str(number) for number in numbers), key=version_order)

    assert [int(version) for version in ordered] == sorted(numbers)
