"""Publications and champions in the local workspace, by the very lines that components run."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.workspace_jobs import run_job, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.sdk

REPOSITORY = Path(__file__).parents[2]
PUBLISH = """
from assets.client import workspace_client
from assets.registration import Publication, RegistrationError, newest_version, register
from spark_jobs.receipt import TableReceipt

client, lake = workspace_client(), os.environ["LAKE"]

def publication(crc32, *, folder="run", version=0, release="r1", name="trips_train"):
    checksum = {"city": {"kind": "text", "nulls": 0, "crc32": crc32}}
    receipt = TableReceipt("/lake/gold/trips/train", "t1", version, 2, 2, {}, "s1", checksum)
    return Publication(name, f"{lake}/published/{folder}/train", receipt, release)

def publish(crc32, **more):
    card, is_new = register(client, publication(crc32, **more), lake=lake)
    return [card.version, is_new]
"""
CHAMPIONS = """
from assets.client import workspace_client
from azure.ai.ml.constants import ListViewType
from learning.champion import find_champion, find_version

client = workspace_client()

def champion(name="late"):
    found = find_champion(client, name)
    return found and found.version
"""

PROMOTE = (
    CHAMPIONS
    + """
from learning.promotion import promote

def promoted(content, beaten, path="models/late"):
    tags = {"champion": "true", "content": content}
    return promote(client, model(path, tags=tags), beaten=beaten)

def versions():
    listed = ml.models.list("late", list_view_type=ListViewType.ALL)
    return sorted((each.version, each.tags.get("content")) for each in listed)
"""
)


@pytest.fixture
def env(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """Serve a workspace, and let jobs import what their snapshots would hold."""
    for name in ("late", "rival"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "MLmodel").touch()
    importable = {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'components'}", "LAKE": str(tmp_path)}
    with workspace(tmp_path) as served:
        yield {**served.env, **importable}


def test_new_content_is_a_new_version_and_the_same_content_is_none(
    env: Mapping[str, str], tmp_path: Path
) -> None:
    told = run_job(
        env,
        PUBLISH
        + """
tell(
    nothing_yet=newest_version(client, "trips_train"),
    first=publish(1),
    again_in_a_later_commit=publish(1, folder="later", version=4),
    other=publish(2, folder="other"),
    other_release=publish(2, folder="released", release="r2"),
    back=publish(1, folder="back"),
    listed=sorted(int(asset.version) for asset in client.data.list("trips_train")),
    tags=client.data.get("trips_train", "1").tags,
    path=client.data.get("trips_train", "1").path.partition("/datastores/")[2],
)
""",
    )
    tags = told.pop("tags")
    assert told == {
        "nothing_yet": None,
        "first": ["1", True],
        "again_in_a_later_commit": ["1", False],
        "other": ["2", True],
        "other_release": ["3", True],
        "back": ["4", True],
        "listed": [1, 2, 3, 4],
        "path": "lake/paths/published/run/train/",
    }
    assert isinstance(tags, dict)
    assert len(tags.pop("content")) == 16
    assert tags == {
        "rows": "2",
        "columns": "1",
        "schema_hash": "s1",
        "source_table": "/lake/gold/trips/train",
        "source_table_id": "t1",
        "source_version": "0",
        "release": "r1",
    }
    card = (tmp_path / "published" / "later" / "train" / "asset.json").read_text()
    assert '"version": "1"' in card
    assert '"table_version": 4' in card


def test_what_was_read_back_stands_on_the_card_of_the_newest_version(
    env: Mapping[str, str], tmp_path: Path
) -> None:
    told = run_job(
        env,
        PUBLISH
        + """
from dataclasses import replace
from pathlib import Path
from assets.registration import find_read_back

read = {"city": {"kind": "text", "nulls": 0, "crc32": 1}}
first, later = replace(publication(1), read=read), publication(2, version=3)

def found(of):
    card = find_read_back(client, of.name, of.receipt, folder=of.folder, lake=lake)
    return card and [card.reference, card.table_version, card.read]

before = found(first)
register(client, first, lake=lake)
known = {
    "same": found(first),
    "later": found(later),
    "table_made_anew": found(replace(later, receipt=replace(later.receipt, id="t2"))),
    "table_elsewhere": found(replace(later, receipt=replace(later.receipt, uri="/other"))),
}
register(client, replace(later, folder=f"{lake}/published/later/train"), lake=lake)
unread = found(publication(3, version=4))
Path(lake, "published/later/train/asset.json").unlink()
tell(before=before, unread=unread, without_a_card=found(publication(3, version=4)), **known)
""",
    )
    card = ["trips_train:1", 0, {"city": {"kind": "text", "nulls": 0, "crc32": 1}}]
    assert told == {
        "before": None,
        "same": card,
        "later": card,
        "table_made_anew": None,
        "table_elsewhere": None,
        "unread": None,
        "without_a_card": None,
    }
    assert not (tmp_path / "published" / "later" / "train" / "asset.json").exists()


def test_a_table_without_rows_is_published_and_not_registered(env: Mapping[str, str]) -> None:
    told = run_job(
        env,
        PUBLISH
        + """
from dataclasses import replace
from azure.core.exceptions import ResourceNotFoundError

full = publication(1)
empty = replace(full, receipt=replace(full.receipt, rows_out=0))
card, is_new = register(client, empty, lake=lake)
listed = []
try:
    listed = list(client.data.list("trips_train"))
except ResourceNotFoundError:
    pass
tell(reference=card.reference, rows=card.rows, is_new=is_new, listed=len(listed))
""",
    )
    assert told == {"reference": "trips_train:0", "rows": 0, "is_new": False, "listed": 0}


def test_a_version_that_was_archived_is_taken_and_the_one_before_is_the_newest(
    env: Mapping[str, str],
) -> None:
    told = run_job(
        env,
        PUBLISH
        + """
first, second = publish(1), publish(2, folder="other")
client.data.archive("trips_train", version="2")
tell(
    same_as_the_archived=publish(2, folder="again"),
    same_as_it_now=publish(2, folder="once_more"),
    new=publish(3, folder="new"),
)
""",
    )
    assert told == {
        "same_as_the_archived": ["3", True],
        "same_as_it_now": ["3", False],
        "new": ["4", True],
    }


def test_a_version_that_another_run_takes_first_is_left_to_it(env: Mapping[str, str]) -> None:
    told = run_job(
        env,
        PUBLISH
        + """
register_one, calls = client.data.create_or_update, []

def after_a_rival(asset):
    if not calls:
        register_one(table("published/rival/train", name="trips_train", version=asset.version))
    calls.append(asset.version)
    return register_one(asset)

client.data.create_or_update = after_a_rival
tell(mine=publish(1), tried=calls, rival=client.data.get("trips_train", "1").path[-12:])
""",
    )
    assert told == {"mine": ["2", True], "tried": ["1", "2"], "rival": "rival/train/"}


def test_runs_that_publish_at_once_get_a_version_each(env: Mapping[str, str]) -> None:
    versions: list[object] = []

    def publish(number: int) -> None:
        script = f'{PUBLISH}\ntell(version=publish({number}, folder="{number}")[0])'
        versions.append(run_job(env, script)["version"])

    jobs = [threading.Thread(target=publish, args=(number,)) for number in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert sorted(str(version) for version in versions) == ["1", "2", "3"]


def test_a_refusal_that_no_other_version_would_help_ends_with_its_reason(
    env: Mapping[str, str],
) -> None:
    told = run_job(
        env, f'{PUBLISH}\ntell(said=refusal(publish, 1, name="no such name", folder="run"))'
    )
    assert str(told["said"]).startswith("RegistrationError: no such name:1: ")


@pytest.mark.slow
def test_the_champion_is_the_greatest_version_that_is_tagged_so(env: Mapping[str, str]) -> None:
    told = run_job(
        env,
        CHAMPIONS
        + """
from mlflow import MlflowClient
said = {"unknown": champion()}
ml.models.create_or_update(model())
said["untagged"] = champion()
for version in range(2, 11):
    tags = {"champion": "true" if version in (2, 9, 10) else "false"}
    ml.models.create_or_update(model(tags=tags))
said["tenth"] = champion()
third = find_version(client, "late", "3")
said["third"] = [third.version, third.tags["champion"]]
said["none"] = refusal(find_version, client, "late", "77")
MlflowClient().delete_model_version_tag("late", "10", "champion")
said["rolled_back"] = champion()
ml.models.archive("late", version="9")
said["archived"] = champion()
tell(**said)
""",
    )
    assert told == {
        "unknown": None,
        "untagged": None,
        "tenth": "10",
        "third": ["3", "false"],
        "none": "ChampionError: model 'late' has no version '77'",
        "rolled_back": "9",
        "archived": "2",
    }


def test_a_winner_takes_the_place_of_the_champion_that_it_was_compared_with(
    env: Mapping[str, str],
) -> None:
    told = run_job(
        env,
        PROMOTE
        + """
tell(
    first=promoted("a", None),
    again=promoted("a", None),
    later=promoted("b", "late v1"),
    stale=refusal(promoted, "c", "late v1"),
    first_again=refusal(promoted, "c", None),
    versions=versions(),
)
""",
    )
    assert (told["first"], told["again"], told["later"]) == (True, False, True)
    assert told["stale"] == (
        "PromotionError: late: the winner was compared with late v1, and since then late v2 is "
        "champion; nothing is registered. Run the training pipeline again, which compares the two"
    )
    assert "compared with no champion, and since then late v2 is" in str(told["first_again"])
    assert told["versions"] == [["1", "a"], ["2", "b"]]


@pytest.mark.slow
def test_of_two_winners_over_one_champion_that_register_at_once_one_is_refused(
    env: Mapping[str, str],
) -> None:
    told = run_job(
        env,
        PROMOTE
        + """
register_one, rivals = client.models.create_or_update, ["b"]

def after_a_rival(asset):
    if rivals:
        tags = {"champion": "true", "content": rivals.pop()}
        register_one(model("models/rival", version=asset.version, tags=tags))
    return register_one(asset)

client.models.create_or_update = after_a_rival
tell(mine=refusal(promoted, "a", None), versions=versions())
""",
    )
    assert "since then late v1 is champion; nothing is registered" in str(told["mine"])
    assert told["versions"] == [["1", "b"]]


@pytest.mark.slow
def test_a_winner_gets_the_next_number_where_another_version_or_a_deleted_one_has_its_own(
    env: Mapping[str, str],
) -> None:
    told = run_job(
        env,
        PROMOTE
        + """
from mlflow import MlflowClient
ml.models.create_or_update(model())
ml.models.create_or_update(model())
ml.models.archive("late", version="1")
MlflowClient().delete_model_version("late", "2")
tell(mine=promoted("a", None), versions=[version for version, _ in versions()])
""",
    )
    assert told == {"mine": True, "versions": ["1", "3"]}
