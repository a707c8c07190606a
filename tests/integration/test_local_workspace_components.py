"""What jobs are made of: environments, components and code, registered by the official client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.integration.workspace_jobs import run_job, workspace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk

COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: count
version: {version}
code: src
environment: azureml:python:1
command: python main.py {flag}
"""


def write_component(folder: Path, version: int, flag: str = "") -> Path:
    (folder / "src" / "inner").mkdir(parents=True)
    (folder / "src" / "main.py").write_text("print(1)")
    (folder / "src" / "inner" / "part.py").write_text("x = 1")
    file = folder / "component.yml"
    file.write_text(COMPONENT.format(version=version, flag=flag))
    return file


def test_environments_are_registered_read_and_immutable(tmp_path: Path) -> None:
    with workspace(tmp_path) as served:
        told = run_job(
            served.env,
            """
from azure.ai.ml.entities import Environment
def environment(image, **more):
    return Environment(name="python", image=image, **more)
first = ml.environments.create_or_update(environment("python:3.11", version="1", tags={"a": "b"}))
ml.environments.create_or_update(environment("python:3.12", version="2"))
tell(
    first=[first.version, first.image, first.tags],
    latest=ml.environments.get("python", label="latest").image,
    listed=[e.version for e in ml.environments.list("python")],
    names=[e.name for e in ml.environments.list()],
    changed=refusal(ml.environments.create_or_update, environment("python:3.13", version="1")),
    absent=refusal(ml.environments.get, "python", "9"),
)
""",
        )
    assert told["first"] == ["1", "python:3.11", {"a": "b"}]
    assert told["latest"] == "python:3.12"
    assert (told["listed"], told["names"]) == (["2", "1"], ["python"])
    assert "'python' version '1' is already registered and cannot be changed: its ['image']" in str(
        told["changed"]
    )
    assert "environment 'python' has no version '9'; it has ['1', '2']" in str(told["absent"])


def test_a_components_code_is_uploaded_once_and_whole(tmp_path: Path) -> None:
    files = [
        str(write_component(tmp_path / "one", 1)),
        str(write_component(tmp_path / "two", 2, "--again")),
        str(write_component(tmp_path / "three", 1, "--changed")),
    ]
    with workspace(tmp_path / "lake") as served:
        told = run_job(
            served.env,
            f"""
from azure.ai.ml import load_component
one, two, changed = (load_component(file) for file in {json.dumps(files)})
first = ml.components.create_or_update(one)
second = ml.components.create_or_update(two)
tell(
    versions=[first.version, second.version],
    command=ml.components.get("count", "2").command,
    codes=len({{first.code, second.code}}),
    names=[c.name for c in ml.components.list()],
    changed=refusal(ml.components.create_or_update, changed),
)
""",
        )
    uploads = tmp_path / "lake" / "workspaceblobstore" / "uploads"
    uploaded = {
        file.relative_to(uploads).parts[1:]: file.read_text() for file in uploads.rglob("*.py")
    }
    assert told["versions"] == ["1", "2"]
    assert told["command"] == "python main.py --again"
    assert told["codes"] == 1
    assert told["names"] == ["count"]
    assert "component 'count' version '1' is already registered" in str(told["changed"])
    assert uploaded == {
        ("src", "main.py"): "print(1)",
        ("src", "inner", "part.py"): "x = 1",
    }
    assert len([folder for folder in uploads.iterdir() if folder.is_dir()]) == 1


def test_a_component_of_each_kind_is_read_back_by_the_client(tmp_path: Path) -> None:
    """Register, read, change and archive them, by lines that work in Azure."""
    code = write_component(tmp_path / "one", 1).parent / "src"
    with workspace(tmp_path / "lake") as served:
        told = run_job(
            served.env,
            f"""
from azure.ai.ml.entities import CommandComponent, ParallelComponent, SparkComponent
from azure.ai.ml.parallel import RunFunction
create, code = ml.components.create_or_update, {str(code)!r}
rows = {{"rows": {{"type": "uri_folder", "mode": "direct"}}}}

def say(**more):
    inputs = {{"word": {{"type": "string", "optional": True}}, "n": {{"type": "integer"}}}}
    return CommandComponent(name="say", command="echo", environment="azureml:python:1",
                            inputs=inputs, outputs={{"o": {{"type": "uri_folder"}}}}, **more)

one, again = create(say()), create(say(), skip_if_no_change=True)
other = create(say(display_name="Other"))
ways = ({{}}, {{"label": "default"}}, {{"label": "latest"}}, {{"version": other.version}})
found = [ml.components.get("say", **way).version for way in ways]
loaded = ml.components.get("say", "1")
loaded.description, loaded.tags = "says it", {{"a": "b"}}
worded = create(loaded)
ml.components.archive("say", version=other.version)
spark = create(SparkComponent(name="spark", version="1", code=code, entry={{"file": "main.py"}},
    driver_cores=1, driver_memory="1g", executor_cores=1, executor_memory="1g",
    executor_instances=1, inputs=rows))
parallel = create(ParallelComponent(name="parallel", version="1", mini_batch_size="10",
    inputs=rows, input_data="${{{{inputs.rows}}}}", max_concurrency_per_instance=2,
    retry_settings={{"max_retries": 3, "timeout": 4}}, task=RunFunction(
        code=code, entry_script="main.py", environment="azureml:python:1")))
anonymous = [create(say(display_name=name), is_anonymous=True).id for name in "ABA"]
tell(
    versions=[one.version, again.version, set(found) == {{other.version}}, other.version != "1"],
    newest_now=ml.components.get("say").version,
    worded=[worded.version, worded.description, worded.tags],
    optional=[loaded.inputs["word"].optional, loaded.inputs["n"].optional],
    spark=[spark.executor_cores, spark.entry.entry, spark.inputs["rows"].mode],
    parallel=[parallel.retry_settings.max_retries, parallel.task.entry_script],
    anonymous=[len(set(anonymous)), anonymous[0] == anonymous[2]],
)
""",
        )
    assert told == {
        "versions": ["1", "1", True, True],
        "newest_now": "1",
        "worded": ["1", "says it", {"a": "b"}],
        "optional": [True, False],
        "spark": ["1", "main.py", None],
        "parallel": [3, "main.py"],
        "anonymous": [2, True],
    }


def test_a_component_is_downloaded_with_its_code_and_its_environment(tmp_path: Path) -> None:
    file, downloaded = write_component(tmp_path / "one", 1), tmp_path / "downloaded"
    with workspace(tmp_path / "lake") as served:
        run_job(
            served.env,
            f"""
from azure.ai.ml import load_component
from azure.ai.ml.entities import Environment
ml.environments.create_or_update(Environment(name="python", version="1", image="python:3.11"))
ml.components.create_or_update(load_component({str(file)!r}))
ml.components.download("count", {str(downloaded)!r}, version="1")
tell()
""",
        )
    written = yaml.safe_load((downloaded / "component_spec.yaml").read_text())
    assert (downloaded / "code" / "inner" / "part.py").read_text() == "x = 1"
    assert (written["name"], written["command"].strip()) == ("count", "python main.py")
    assert written["environment"]["image"] == "python:3.11"
