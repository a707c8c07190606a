"""A bad day in the cloud: the official client gets through, and nothing is registered twice."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from aml_pipelines.local.registry import Registry
from aml_pipelines.local.rest.arm import Scope
from aml_pipelines.local.rest.faults import Fault, Faults
from aml_pipelines.local.rest.identity import Identity
from aml_pipelines.local.rest.server import serve
from aml_pipelines.local.workspace import job_environment, listen, tls_folder
from tests.integration.workspace_jobs import TARGET, run_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.sdk


class FaultyWorkspace(NamedTuple):
    env: Mapping[str, str]
    faults: Faults


@contextmanager
def faulty(lake: Path, *, token_lifetime: int = 3600) -> Iterator[FaultyWorkspace]:
    names, faults = TARGET.workspace, Faults()
    scope = Scope(names.subscription_id, names.resource_group, names.name, lake)
    identity = Identity("secret", lifetime=token_lifetime)
    with listen() as control, listen() as token:
        env = job_environment(names, lake, control, token, identity.secret)
        servers = serve(
            scope,
            identity,
            control=control.fileno(),
            token=token.fileno(),
            tls=tls_folder(lake),
            faults=faults,
        )
        yield FaultyWorkspace(env, faults)
        for server in servers:
            server.shutdown()
            server.server_close()


@pytest.mark.parametrize("fault", ["throttle", "drop", "fail half-way"])
def test_a_registration_survives_a_fault_and_happens_once(tmp_path: Path, fault: Fault) -> None:
    with faulty(tmp_path) as workspace:
        workspace.faults.plan(fault, "PUT", "/data/train/versions/1")
        told = run_job(workspace.env, "tell(version=ml.data.create_or_update(table()).version)")

    assert told == {"version": "1"}
    assert workspace.faults.are_over
    assert [asset.version for asset in Registry(tmp_path).data_assets("train")] == ["1"]


def test_a_job_that_outlives_its_token_gets_another(tmp_path: Path) -> None:
    with faulty(tmp_path, token_lifetime=2) as workspace:
        told = run_job(
            workspace.env,
            """
first = ml.data.create_or_update(table()).version
time.sleep(2.5)
tell(versions=[first, ml.data.create_or_update(table("gold/other")).version])
""",
        )
    assert told == {"versions": ["1", "2"]}
