"""Job files of every form run: single jobs, components at the root, registered ones, literals."""

from __future__ import annotations

from pathlib import Path

import pytest

from aml_pipelines.workspace.assets.kinds import COMPONENTS
from aml_pipelines.workspace.store.versions import Versions
from tests.integration.pipelines_elsewhere import run_command, write_target

GREET = """\
type: command
name: greet
environment: azureml:any:1
inputs: {who: {type: string}}
outputs: {greeting: {type: uri_file}}
command: echo hello ${{inputs.who}} > ${{outputs.greeting}}
"""


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    write_target(tmp_path)
    (tmp_path / "greet.yml").write_text(GREET)
    return tmp_path / "lake"


def run(lake: Path, text: str, *words: str) -> str:
    """Run the job `text`, and return what was said; the test fails when the job does."""
    job, target = str(lake.parent / "job.yml"), str(lake.parent / "local.yml")
    Path(job).write_text(f"experiment_name: flights\n{text}")
    ended = run_command("run", job, "--target", target, *words)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    return said


def made(lake: Path, node: str, output: str) -> str:
    (file,) = (lake / "runs").glob(f"*/{node}/outputs/{output}")
    return file.read_text()


def test_a_job_that_is_no_pipeline_runs_with_another_input(lake: Path) -> None:
    job = """\
environment: azureml:any:1
inputs: {who: you}
outputs: {greeting: {type: uri_file}}
command: echo hello ${{inputs.who}} > ${{outputs.greeting}}
"""
    run(lake, job, "--set", "inputs.who=her")
    assert made(lake, "command", "greeting") == "hello her\n"


def test_a_literal_output_is_the_next_nodes_value(lake: Path) -> None:
    job = """\
type: pipeline
jobs:
  count:
    environment: azureml:any:1
    outputs: {number: {type: integer}}
    command: echo 7 > ${{outputs.number}}
  use:
    component: greet.yml
    inputs: {who: "${{parent.jobs.count.outputs.number}}"}
"""
    run(lake, job)
    assert made(lake, "use", "greeting") == "hello 7\n"


def test_data_that_another_node_of_the_run_makes_need_not_be_there_before(lake: Path) -> None:
    job = """\
type: pipeline
jobs:
  make:
    environment: azureml:any:1
    outputs:
      folder: {path: "azureml://datastores/lake/paths/made"}
      done: {type: uri_file}
    command: echo there > ${{outputs.folder}}/file.txt && touch ${{outputs.done}}
  use:
    environment: azureml:any:1
    inputs:
      after: ${{parent.jobs.make.outputs.done}}
      file: {type: uri_file, path: "azureml://datastores/lake/paths/made/file.txt"}
    outputs: {copy: {type: uri_file}}
    command: cp ${{inputs.file}} ${{outputs.copy}} # ${{inputs.after}}
"""
    run(lake, job)
    assert made(lake, "use", "copy") == "there\n"


def test_registered_components_run_nested_and_by_label(lake: Path) -> None:
    components = Versions(lake, COMPONENTS)
    inner = {
        "type": "command",
        "name": "greet",
        "environment": "azureml:any:1",
        "inputs": {"who": {"type": "string"}},
        "outputs": {"greeting": {"type": "uri_file"}},
        "command": "echo hello ${{inputs.who}} > ${{outputs.greeting}}",
    }
    components.put_version("greet", "1", {"componentSpec": inner})
    literal = {"job_input_type": "literal", "value": "all"}
    outer = {
        "type": "pipeline",
        "name": "outer",
        "jobs": {"in": {"componentId": "azureml:greet:1", "inputs": {"who": literal}}},
    }
    components.put_version("outer", "3", {"componentSpec": outer})
    run(lake, "type: pipeline\njobs: {out: {component: azureml:outer@latest}}\n")
    assert made(lake, "out.in", "greeting") == "hello all\n"


def test_the_output_artifacts_is_what_a_node_leaves_in_its_outputs_folder(lake: Path) -> None:
    job = """\
type: pipeline
jobs:
  hello:
    environment: azureml:any:1
    outputs:
      artifacts:
    command: echo world > outputs/world.txt
  world:
    environment: azureml:any:1
    inputs: {from: "${{parent.jobs.hello.outputs.artifacts}}"}
    outputs: {copy: {type: uri_file}}
    command: cp ${{inputs.from}}/outputs/world.txt ${{outputs.copy}}
"""
    run(lake, job)
    assert made(lake, "world", "copy") == "world\n"


def test_a_component_of_a_registry_is_read_from_the_folder_that_stands_for_it(lake: Path) -> None:
    versions = lake.parent / "shared" / "components" / "greet" / "versions"
    for version, word in (("9", "old"), ("10", "new")):
        (versions / version).mkdir(parents=True)
        text = GREET.replace("echo hello", f"echo {word}")
        (versions / version / "component.yml").write_text(text)
    job = """\
type: pipeline
jobs:
  newest:
    component: azureml://registries/shared/components/greet/labels/latest
    inputs: {who: her}
  named:
    component: azureml://registries/shared/components/greet/versions/9
    inputs: {who: him}
"""
    run(lake, job, "--map", f"azureml://registries/shared={lake.parent / 'shared'}")
    assert made(lake, "newest", "greeting") == "new her\n"
    assert made(lake, "named", "greeting") == "old him\n"
