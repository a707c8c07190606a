"""Parallel nodes that the client submits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.workspace_with_jobs import new_lake, submitting, workspace_with_jobs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk


def test_a_parallel_component_and_an_inline_one_run_with_what_their_nodes_state(
    tmp_path: Path,
) -> None:
    with workspace_with_jobs(new_lake(tmp_path)) as served:
        told = submitting(
            served.env,
            """
write("code/score.py", '''
import os, sys
def run(mini_batch):
    return [f"{sys.argv[2]} {len(mini_batch)} {os.environ['WHO']}" for _ in mini_batch]
''')
for name in "abc":
    write(f"rows/{name}.txt", name)
component = {
    "type": "parallel", "name": "score", "version": "1",
    "inputs": {"rows": {"type": "uri_folder"}}, "outputs": {"scores": {"type": "uri_file"}},
    "input_data": "${{inputs.rows}}", "mini_batch_size": "3", "max_concurrency_per_instance": 2,
    "resources": {"instance_count": 2}, "retry_settings": {"max_retries": 1, "timeout": 30},
    "task": {"type": "run_function", "code": "./code", "entry_script": "score.py",
             "environment": {"image": "ubuntu"}, "program_arguments": "--word 'it is'",
             "append_row_to": "${{outputs.scores}}"}}
write("score.yml", json.dumps(component))
inline = {key: component[key] for key in ("type", "input_data", "task")}
def scoring(node, who):
    return {**node, "inputs": {"rows": "${{parent.inputs.rows}}"}, "mini_batch_size": "2",
            "environment_variables": {"WHO": who},
            "outputs": {"scores": f"${{{{parent.outputs.{who}}}}}"}}
inline = scoring(inline, "inline")
inline["inputs"] = {"rows": {"type": "uri_folder", "path": "${{parent.inputs.rows}}"}}
inline["outputs"] = {"scores": {"type": "uri_file", "path": "${{parent.outputs.inline}}"}}
name = submit(pipeline(
    {"file": scoring({"type": "parallel", "component": "./score.yml"}, "file"), "inline": inline},
    inputs={"rows": {"type": "uri_folder", "path": "./rows"}},
    outputs={"file": {"type": "uri_file"}, "inline": {"type": "uri_file"}}), "scored")
status = ended(name)
if status != "Completed":
    ml.jobs.stream(name)
texts = {}
for output in ("file", "inline"):
    ml.jobs.download(name, download_path=files, output_name=output)
    texts[output] = next((files / "named-outputs" / output).rglob("scores")).read_text()
tell(status=status, children=children(name), **texts)
""",
        )
    assert told == {
        "status": "Completed",
        "children": {"scored_file": "Completed", "scored_inline": "Completed"},
        "file": "it is 2 file\nit is 2 file\nit is 1 file\n",
        "inline": "it is 2 inline\nit is 2 inline\nit is 1 inline\n",
    }
