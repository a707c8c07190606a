"""The registry's rules, without a server: what Azure ML does with versions of data assets."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_pipelines.errors import ConflictError, NotFoundError
from aml_pipelines.pipeline.assets import DataAsset, next_version, version_order
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.store.sqlite import RegistryError

ROOT = Path(__file__).resolve().parents[5]
TRAIN = DataAsset("train", "1", "mltable", "azureml://datastores/lake/paths/gold/train")


def test_a_registered_version_is_found_by_version_and_by_label(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    stored, is_new = registry.put_data_asset(replace(TRAIN, tags={"rows": "3"}))

    assert is_new
    assert stored.tags == {"rows": "3"}
    assert Registry(tmp_path).data_asset("train", "1") == stored
    assert Registry(tmp_path).data_asset("train", label="latest") == stored
    assert Registry(tmp_path).data_asset("train") == stored


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


def test_the_same_registration_again_changes_nothing(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    first, _ = registry.put_data_asset(TRAIN)
    second, is_new = registry.put_data_asset(TRAIN)

    assert not is_new
    assert second.created_at == first.created_at
    assert len(registry.data_assets("train")) == 1


def test_the_long_form_of_a_path_is_the_same_path(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    long = (
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/lake/paths/gold/train"
    )
    registry.put_data_asset(TRAIN)
    again, is_new = registry.put_data_asset(replace(TRAIN, path=long))

    assert not is_new
    assert again.path == "azureml://datastores/lake/paths/gold/train"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (replace(TRAIN, path="azureml://datastores/lake/paths/other"), "has path"),
        (replace(TRAIN, type="uri_folder"), "has type 'mltable', not 'uri_folder'"),
        (replace(TRAIN, properties={"a": "b"}), "has properties"),
    ],
)
def test_a_version_is_immutable_and_the_refusal_says_what_differs(
    tmp_path: Path, changed: DataAsset, said: str
) -> None:
    registry = Registry(tmp_path)
    registry.put_data_asset(TRAIN)

    with pytest.raises(ConflictError, match=said):
        registry.put_data_asset(changed)
    assert registry.data_asset("train", "1").path == TRAIN.path


def test_description_tags_stage_and_archive_may_change(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.put_data_asset(replace(TRAIN, tags={"a": "1", "b": "2"}))
    registry.put_data_asset(
        replace(TRAIN, tags={"a": "3"}, description="x", stage="Production", is_archived=True)
    )

    stored = registry.data_asset("train", "1")
    assert (stored.tags, stored.description, stored.stage) == ({"a": "3"}, "x", "Production")
    assert stored.is_archived


def test_a_version_of_another_type_under_the_same_name_is_refused(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.put_data_asset(TRAIN)

    with pytest.raises(ConflictError, match="'train' is of type 'mltable'"):
        registry.put_data_asset(replace(TRAIN, version="2", type="uri_file"))


def test_latest_is_the_newest_that_is_not_archived_not_the_greatest(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    for version in ("10", "3", "2"):
        registry.put_data_asset(replace(TRAIN, version=version))
    assert registry.data_asset("train").version == "2"

    registry.put_data_asset(replace(TRAIN, version="2", is_archived=True))
    assert registry.data_asset("train").version == "3"
    assert registry.data_container("train").next_version == "11"


def test_nothing_is_latest_when_all_versions_are_archived(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.put_data_asset(replace(TRAIN, is_archived=True))

    assert registry.data_container("train").latest_version is None
    with pytest.raises(NotFoundError, match="'train' has no version labelled 'latest'"):
        registry.data_asset("train", label="latest")


def test_what_is_not_there_is_answered_with_what_is(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    for version in ("10", "2", "a"):
        registry.put_data_asset(replace(TRAIN, version=version))

    with pytest.raises(NotFoundError, match=r"'trian' is not registered; there are \['train'\]"):
        registry.data_asset("trian", "1")
    with pytest.raises(NotFoundError, match=r"no version '1'; it has \['2', '10', 'a'\]"):
        registry.data_asset("train", "1")
    with pytest.raises(NotFoundError, match="the only label is 'latest'"):
        registry.data_asset("train", label="stable")


def test_versions_and_names_are_listed_by_what_is_archived(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.put_data_asset(TRAIN)
    registry.put_data_asset(replace(TRAIN, version="2", is_archived=True))
    registry.put_data_asset(replace(TRAIN, name="test"))
    registry.put_data_container("test", "mltable", is_archived=True)

    assert [asset.version for asset in registry.data_assets("train")] == ["1"]
    assert [asset.version for asset in registry.data_assets("train", "ArchivedOnly")] == ["2"]
    assert [asset.version for asset in registry.data_assets("train", "All")] == ["2", "1"]
    assert [item.name for item in registry.data_containers()] == ["train"]
    assert [item.name for item in registry.data_containers("ArchivedOnly")] == ["test"]
    assert [item.name for item in registry.data_containers("All")] == ["test", "train"]


def test_a_write_that_its_caller_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    registry = Registry(tmp_path)

    def refuse(_: DataAsset | None) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        registry.put_data_asset(TRAIN, unless=refuse)
    assert registry.data_containers("All") == []


def test_a_file_of_another_schema_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "registry.db").touch()

    with pytest.raises(RegistryError, match=r"registry\.db: has schema 0, not 1"):
        Registry(tmp_path).data_asset("train", "1")


REGISTER_NEXT = """
import sys, uuid
from pathlib import Path
from aml_pipelines.errors import ConflictError, NotFoundError
from aml_pipelines.pipeline.assets import DataAsset
from aml_pipelines.workspace.assets.registry import Registry

registry, registered = Registry(Path(sys.argv[1])), []
while len(registered) < 5:
    try:
        version = registry.data_container("train").next_version
    except NotFoundError:
        version = "1"
    try:
        registry.put_data_asset(DataAsset("train", version, "mltable", f"wasbs://{uuid.uuid4()}"))
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


def test_eight_threads_that_write_one_version_agree_on_one_winner(tmp_path: Path) -> None:
    def register(writer: int) -> bool:
        try:
            Registry(tmp_path).put_data_asset(replace(TRAIN, path=f"wasbs://{writer}"))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as writers:
        won = list(writers.map(register, range(8)))

    assert sorted(won) == [False] * 7 + [True]
    assert Registry(tmp_path).data_asset("train", "1").path == f"wasbs://{won.index(True)}"


@given(st.lists(st.integers(1, 10**6).map(str) | st.text("ab.-", min_size=1)))
def test_the_next_version_is_new_and_greater_than_every_integer_one(versions: list[str]) -> None:
    following = next_version(versions)

    assert following not in versions
    assert all(int(following) > int(version) for version in versions if version.isdecimal())


@given(st.sets(st.integers(0, 10**6)))
def test_integer_versions_order_as_integers(numbers: set[int]) -> None:
    ordered = sorted((str(number) for number in numbers), key=version_order)

    assert [int(version) for version in ordered] == sorted(numbers)
