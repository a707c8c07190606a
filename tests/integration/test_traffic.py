"""Online traffic goes to the newest deployment and back; one that has traffic is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.deployable import client_of, register, rows_file, traffic_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.azure_verbs import Typed

pytestmark = [
    pytest.mark.sdk,
    # the SDK's own on import, and those of MLflow about a model without a lock
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
ONLINE = ("deploy", "online")


@pytest.fixture
def late(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    """Return a workspace with two versions of `late`, both champions."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "tracking").as_uri())
    for score in (1, 2):
        register(typed, tmp_path, score)
    yield typed
    typed("teardown", "--confirm", "here")


def models_of(typed: Typed) -> dict[str, str]:
    """Return the version of `late` behind each colour."""
    deployed = client_of(typed).online_deployments.list("trips-online")
    return {str(item.name): str(item.model).rpartition("/")[2] for item in deployed}


@pytest.mark.slow
def test_a_release_is_published_and_taken_back_without_a_deployment(late: Typed) -> None:
    late(*ONLINE, "--model", "late:1")
    late(*ONLINE, "--model", "late:2", "--traffic", "10")
    both = {"blue": "1", "green": "2"}
    assert (models_of(late), traffic_of(late)) == (both, {"blue": 90, "green": 10})

    told = late(*ONLINE, "--model", "late:1", code=1)
    assert "both deployments of 'trips-online' have traffic (blue 90 %, green 10 %)" in told
    assert "deploy online --newest --traffic 100, or deploy online --roll-back" in told
    assert (models_of(late), traffic_of(late)) == (both, {"blue": 90, "green": 10})

    assert late(*ONLINE, "--newest", "--traffic", "50") == (
        "endpoint trips-online: 50 % of the traffic to green, 50 % of the traffic to blue\n"
    )
    assert traffic_of(late) == {"blue": 50, "green": 50}
    late(*ONLINE, "--newest")
    assert (models_of(late), traffic_of(late)) == (both, {"blue": 0, "green": 100})

    late(*ONLINE, "--roll-back")
    assert (models_of(late), traffic_of(late)) == (both, {"blue": 100, "green": 0})
    late(*ONLINE, "--model", "late:1", "--traffic", "10")
    assert (models_of(late), traffic_of(late)) == (
        {"blue": "1", "green": "1"},
        {"blue": 90, "green": 10},
    )


@pytest.mark.slow
def test_no_way_back_leads_to_a_deployment_that_has_never_answered(
    late: Typed, tmp_path: Path
) -> None:
    late(*ONLINE, "--model", "late:1")
    wrong = rows_file(tmp_path, seats=3.0)
    late(*ONLINE, "--model", "late:2", "--rows", str(wrong), code=1)
    for moving in ("--roll-back", "--newest"):
        late(*ONLINE, moving, "--traffic", "50", code=1 if moving == "--roll-back" else 0)
        assert traffic_of(late)["blue"] == 100
    right = rows_file(tmp_path, distance=3.0)
    late(*ONLINE, "--model", "late:2", "--rows", str(right))
    assert traffic_of(late) == {"green": 100, "blue": 0}
    late(*ONLINE, "--roll-back")
    assert traffic_of(late) == {"blue": 100, "green": 0}


@pytest.mark.slow
def test_the_only_deployment_has_all_the_traffic(late: Typed) -> None:
    late(*ONLINE, "--model", "late:1")
    assert "100 % of the traffic to blue" in late(*ONLINE, "--newest", "--traffic", "10")
    assert traffic_of(late) == {"blue": 100}


def test_where_nothing_was_deployed_there_is_nothing_to_publish(typed: Typed) -> None:
    told = typed(*ONLINE, "--newest", code=1)
    assert "endpoint 'trips-online' has no newest deployment to give traffic to" in told


@pytest.mark.parametrize("moving", ["--newest", "--roll-back"])
@pytest.mark.parametrize("given", [("--model", "late"), ("--release", "7"), ("--rows", "r.json")])
def test_what_deploys_nothing_takes_no_model(
    typed: Typed, moving: str, given: tuple[str, str]
) -> None:
    assert "deploy nothing" in typed(*ONLINE, moving, *given, code=2)
