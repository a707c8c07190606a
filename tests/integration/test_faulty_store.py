"""Steps on a lake whose store fails now and then, or for good: the real ABFS driver and Azurite.

CHAOS=all tries every fault at every place (`make chaos`); otherwise each fault once.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.http.fault_rules import ComingFaults, FaultRule
from tests.integration.arriving import DAYS
from tests.integration.lake_in_azurite import LakeInAzurite, lake_in_azurite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from _pytest.mark import ParameterSet

    from aml_pipelines.workspace.http.fault_rules import Fault

pytestmark = pytest.mark.spark
READ_TIMEOUT = 1.0
SETTINGS = {
    "spark.hadoop.fs.azure.http.read.timeout": f"{READ_TIMEOUT * 1000:.0f}",
    "spark.hadoop.fs.azure.io.retry.max.backoff.interval": "200",
}
# A kind of request, by method and path.
PLACES: Mapping[str, tuple[str, str]] = {
    "listing the raw files": ("GET", "*comp=list*/raw/*"),
    "reading a raw file": ("GET", "*/raw/*.csv*"),
    "writing a data file": ("PUT", "*/part-*comp=block*"),
    "renaming a commit": ("PUT", "*/_delta_log/0*.json?*"),
    "reading a commit": ("GET", "*/_delta_log/0*.json?*"),
    "reading a data file": ("GET", "*/part-*.parquet?*"),
}
# How the store fails, and the pause of seconds of a slow answer.
FAULTS: Mapping[str, tuple[Fault, float]] = {
    "503 with Retry-After": ("throttle", 0),
    "500": ("fail", 0),
    "a reset in a body": ("drop", 0),
    "no answer in time": ("slow", READ_TIMEOUT * 1.5),
    "a slow answer": ("slow", READ_TIMEOUT / 20),
}
LASTING = [fault for fault in FAULTS if fault != "a slow answer"]
# A rename has no body: what is lost is the answer to one that was done. The driver asks again,
# finds the new name there and the old one gone, and goes on, however often it happens.
DONE_UNHEARD = ("a reset in a body", "renaming a commit")
IS_WHOLE = os.environ.get("CHAOS") == "all"
AT_ALL = [(fault, place) for fault in FAULTS for place in PLACES]
AT_SOME = list(zip([*FAULTS, "no answer in time"], PLACES, strict=True))
LAST_STEP = "split" if IS_WHOLE else "ingest"
# Of requests that meet a lasting fault: more than anybody sends.
FOR_EVER = 1_000_000


def cases(faults: Iterable[str]) -> list[ParameterSet]:
    """Return faults with the places that they are tried at; one of them is not slow."""
    at = AT_ALL if IS_WHOLE else AT_SOME
    return [
        pytest.param(fault, place, marks=() if fault == "500" else pytest.mark.slow)
        for fault, place in at
        if fault in faults
    ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeInAzurite]:
    folder = tmp_path_factory.mktemp("faulty")
    with lake_in_azurite(folder, SETTINGS, log=folder / "spark.log") as lake:
        yield lake


@pytest.fixture(scope="module")
def undisturbed(lake: LakeInAzurite) -> Mapping[str, list[str]]:
    """Return what tables hold after two days."""
    for day in DAYS[:2]:
        lake.arrive("undisturbed", day)
        assert not lake.run("undisturbed", until=LAST_STEP)
    return lake.held("undisturbed")


@pytest.fixture
def name(lake: LakeInAzurite, request: pytest.FixtureRequest) -> str:
    """Return the folder of a lake of its own after the first day, when the second has arrived."""
    name = re.sub(r"\W+", "_", request.node.name)
    lake.arrive(name, DAYS[0])
    assert not lake.run(name, until=LAST_STEP)
    lake.arrive(name, DAYS[1])
    return name


def meet(lake: LakeInAzurite, fault: str, place: str, *, times: int) -> None:
    kind, lake.store.pause = FAULTS[fault]
    lake.store.faults.plan(FaultRule(kind, *PLACES[place], times))


@pytest.mark.parametrize(("fault", "place"), cases(FAULTS))
def test_a_fault_that_passes_is_not_noticed(
    lake: LakeInAzurite,
    undisturbed: Mapping[str, list[str]],
    name: str,
    fault: str,
    place: str,
) -> None:
    meet(lake, fault, place, times=2)
    assert not lake.run(name, until=LAST_STEP)
    assert lake.store.faults.are_over
    assert lake.held(name) == undisturbed


@pytest.mark.parametrize(("fault", "place"), cases(LASTING))
def test_a_fault_that_stays_ends_in_a_sentence_and_the_same_command_completes_later(
    lake: LakeInAzurite,
    undisturbed: Mapping[str, list[str]],
    name: str,
    fault: str,
    place: str,
) -> None:
    meet(lake, fault, place, times=FOR_EVER)
    error = lake.run(name, until=LAST_STEP)
    lake.store.faults = ComingFaults()
    if (fault, place) == DONE_UNHEARD:
        assert not error
    else:
        assert error.startswith("UnavailableError: ")
        assert lake.uri(name) in error
        assert error.endswith("; run the pipeline again when the store answers")
        assert "\n" not in error
        assert not lake.run(name, until=LAST_STEP)
    assert lake.held(name) == undisturbed


def test_a_store_that_has_ended_is_asked_six_times(
    lake: LakeInAzurite, undisturbed: Mapping[str, list[str]], name: str
) -> None:
    assert undisturbed
    lake.store.asked.clear()
    lake.store.faults.plan(FaultRule("fail", times=FOR_EVER))
    error = lake.run(name, until="ingest")
    lake.store.faults = ComingFaults()
    assert "500, HEAD" in error
    assert len(lake.store.asked) == 6
    assert len(set(lake.store.asked)) == 1
