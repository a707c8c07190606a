"""What becomes of jobs when the workspace that runs them ends, and when it is back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_local_workspace_process import wait_until_gone
from tests.integration.workspace_with_jobs import new_lake, submitting, workspace_with_jobs

pytestmark = pytest.mark.sdk
ROOT = Path(__file__).resolve().parents[2]
# As `&` and nohup start it: with SIGINT ignored, which its children inherit.
IN_BACKGROUND = ["/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"]
SERVER = """
import json, sys
from pathlib import Path
from aml_pipelines.workspace.serve import serving
from tests.integration.workspace_jobs import TARGET

lake = Path(sys.argv[1])
with serving(TARGET, state=lake, log=lake / "workspace.log", jobs_master="local[1]") as served:
    served.wait_ready()
    print(json.dumps([served.pid, served.env]), flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_ends_with_the_workspace_and_what_waits_runs_when_it_is_back(
    tmp_path: Path, how: signal.Signals
) -> None:
    new_lake(tmp_path)
    mark = tmp_path / "pid"
    with subprocess.Popen(
        [*IN_BACKGROUND, sys.executable, "-c", SERVER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        pid, env = json.loads(server.stdout.readline())
        told = submitting(
            env,
            f"""
same = {{"made": {{"type": "uri_folder", "path": f"{{LAKE}}/same"}}}}
wait = "echo $$ > {mark}; exec sleep 1000 # ${{{{outputs.made}}}}"
running = submit(pipeline({{"wait": node(wait, outputs=same)}}), "running")
say = "echo hi # ${{{{outputs.made}}}}"
queued = submit(pipeline({{"say": node(say, outputs=same)}}), "queued")
wait_for(running, "Running")
while not os.path.exists("{mark}"):
    time.sleep(0.1)
tell(queued=ml.jobs.get(queued).status)
""",
        )
        os.kill(pid, how)
        assert wait_until_gone(int(mark.read_text()))
        server.kill()

    with workspace_with_jobs(tmp_path) as served:
        after = submitting(
            served.env,
            """
why = refusal(ml.jobs.stream, "running")
tell(ended=ended("running"), nodes=children("running"), why=why, queued=ended("queued"))
""",
        )
    assert told == {"queued": "Queued"}
    assert "the workspace ended while the job ran" in str(after.pop("why"))
    assert after == {
        "ended": "Failed",
        "nodes": {"running_wait": "Canceled"},
        "queued": "Completed",
    }
