"""Rules of faults: which requests meet one, how often, and files that have other things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.execution.evictions import EvictionRule
from aml_pipelines.workspace.http.fault_rules import FaultRule, read_faults
from aml_pipelines.workspace.http.faults import Faults
from conf.document import ConfError
from tests.unit.aml_pipelines.workspace.rest import Client

if TYPE_CHECKING:
    from pathlib import Path


def statuses(folder: Path, rule: FaultRule, paths: list[str]) -> list[int]:
    client = Client(folder)
    Faults([rule]).install(client.http.application)
    return [client.send("GET", path).status_code for path in paths]


def test_as_many_requests_meet_a_fault_as_its_rule_says_after_those_that_do_not(
    tmp_path: Path,
) -> None:
    rule = FaultRule("throttle", "GET", "*/data", times=2, after=1)
    paths = ["/models", "/data", "/data", "/models", "/data", "/data"]
    assert statuses(tmp_path, rule, paths) == [200, 200, 429, 200, 429, 200]


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (FaultRule("revoke"), 401),
        (FaultRule("fail", path="*/dat?"), 500),
        (FaultRule("throttle", "PUT"), 200),
        (FaultRule("throttle", path="*/jobs*"), 200),
    ],
)
def test_a_rule_is_for_its_method_and_paths(tmp_path: Path, rule: FaultRule, status: int) -> None:
    assert statuses(tmp_path, rule, ["/data", "/data"]) == [status, 200]


def test_a_file_of_rules_is_read(tmp_path: Path) -> None:
    file = tmp_path / "faults.yml"
    drop = "{fault: drop, method: PUT, path: '*/jobs/*', times: 3, after: 1}"
    evict = "{fault: evict, node: 'train*', times: 2, seconds: 0.5}"
    file.write_text(f"rules: [{drop}, {{fault: slow}}, {evict}]")
    assert read_faults(file) == (
        [FaultRule("drop", "PUT", "*/jobs/*", 3, 1), FaultRule("slow")],
        [EvictionRule("train*", 2, 0.5)],
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rules: [{fault: burn}]", "'fault' is 'burn'; it is one of"),
        ("rules: [{}]", "key 'fault' is missing"),
        ("rules: [{fault: evict, path: '*'}]", "unknown keys ['path']"),
        ("rules: [{fault: evict, seconds: -1}]", "and 'seconds' from 0"),
        ("rules: [drop]", "rule 1 is no mapping"),
        ("rules: [{fault: drop, when: now}]", "unknown keys ['when']"),
        ("rules: [{fault: drop, times: 0}]", "'times' is a number from 1"),
        ("rules: [{fault: drop, times: often}]", "'times' is 'often'; it takes a int"),
        ("faults: []", "unknown keys ['faults']"),
        ("", "it should be a mapping"),
    ],
)
def test_a_file_that_has_other_things_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "faults.yml"
    file.write_text(text)
    with pytest.raises(ConfError) as refused:
        read_faults(file)
    assert told in str(refused.value)
    with pytest.raises(ConfError, match="there is no such file of faults"):
        read_faults(tmp_path / "none.yml")
