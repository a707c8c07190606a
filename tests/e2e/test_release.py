"""A release, played: what the agents of devops_pipelines type, typed at dev's and prod's workspace.

dev is the lake of the main job; prod is empty, and gets what dev has tried and nothing else.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.azure.client import workspace_client
from aml_pipelines.hashing import content_hash
from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.store.versions import Versions
from conf import target, target_file
from tests.contract.pipeline_lines import (
    DEVOPS,
    PREDEFINED,
    VERB,
    filled,
    scripts,
    stages,
    typed,
)
from tests.e2e.lake_runs import held
from tests.e2e.served import Prompt, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stage

pytestmark = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]
MAIN, DEVELOP = "refs/heads/main", "refs/heads/develop"
MODEL = "diabetes_progression"
PATIENT = {"age": 59, "sex": 2, "bmi": 32.1, "bp": 101, "s1": 157, "s2": 93.2, "s3": 38}
PATIENT |= {"s4": 4, "s5": 4.8598, "s6": 87}
TARGET = """\
lake: {lake}
workspace: {{subscription_id: s, resource_group: g, name: {name}, location: local}}
spark: {{master: "local[2]"}}
endpoints: {{batch: {name}-batch, online: {name}-online}}
inputs:
  dataset: diabetes
  model_name: diabetes_progression
  train: azureml:diabetes_train@latest
  validation: azureml:diabetes_validation@latest
  test: azureml:diabetes_test@latest
"""


@pytest.fixture
def lakes(corrected: Stage, tmp_path: Path) -> dict[str, Path]:
    return {"dev": corrected.lake, "prod": tmp_path / "prod" / "lake"}


@pytest.fixture
def prompt(
    lakes: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Prompt]:
    """Serve both workspaces under the names that the pipelines give them."""
    for module in (target, target_file):
        monkeypatch.setattr(module, "TARGETS", tmp_path)
    for name, lake in lakes.items():
        lake.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.yml").write_text(TARGET.format(lake=lake, name=name))
    with serving(tmp_path / "dev.yml", lakes["dev"]), serving(tmp_path / "prod.yml", lakes["prod"]):
        yield Prompt(capsys)


def typed_by_agent(prompt: Prompt, lines: list[str]) -> dict[str, str]:
    """Type every line of a stage; gives what each verb printed, the last of its kind."""
    printed = {}
    for line in lines:
        words = shlex.split(line.partition(" > ")[0])
        if words[0] == "make":  # what `make test` itself runs, or runs as its own steps
            continue
        assert line.startswith(VERB), line
        printed[" ".join(words[3:5])] = prompt(*words[3:])
    return printed


def lines_of(stage: dict[str, Any]) -> list[str]:
    return [filled(line, stage["variables"][0] | PREDEFINED) for line in scripts(stage)]


def test_a_release_goes_from_a_branch_to_prod_and_back(
    prompt: Prompt, lakes: dict[str, Path], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps({"rows": [PATIENT]}))
    before = held(lakes["dev"])
    _make_and_judge(prompt)
    assert held(lakes["dev"]) == before, "nothing new in the data, and the champion stays"

    release = {"model": MODEL, "rows": str(rows)}
    dev, prod = stages(DEVOPS / "deployment.yml", MAIN, **release)
    printed = typed_by_agent(prompt, lines_of(dev))
    assert f"azureml:{MODEL}:1, 100 % of the traffic of dev-online" in printed["deploy online"]
    tried = json.loads(printed["invoke online"])

    # prod waits for whoever approves of its environment, and has nothing until then
    assert (prod["dependsOn"], _environment(prod)) == (["dev"], "mlpipelines-prod")
    assert Versions(lakes["prod"], DATA).containers() == []
    assert "no champion" in prompt("deploy", "online", "--model", MODEL, "--target", "prod", code=1)

    lines = lines_of(prod)
    promoting = next(number for number, line in enumerate(lines, 1) if " promote " in line)
    printed = typed_by_agent(prompt, lines[:promoting])
    assert printed[f"promote {MODEL}"] == f"model {MODEL}:1: registered, it is dev/{MODEL}:1\n"
    _prod_trains_a_champion_itself(lakes["prod"])
    printed = typed_by_agent(prompt, lines[promoting:])
    assert f"azureml:{MODEL}:1, 100 % of the traffic" in printed["deploy online"]
    assert f"deployment files: azureml:{MODEL}:1" in printed["deploy batch"]
    assert json.loads(printed["invoke online"]) == tried, "the scores that dev has tried"
    _is_what_dev_has(lakes)

    _is_published_and_taken_back(prompt, prod)


def _is_published_and_taken_back(prompt: Prompt, prod: dict[str, Any]) -> None:
    """Let the next release have a tenth of the traffic, then all of it, then none."""
    second = [line.replace("--release 7", "--release 8") for line in lines_of(prod)]
    deploy = [line for line in second if " deploy online " in line]
    told = typed_by_agent(prompt, deploy)["deploy online"]
    assert f"deployment green: azureml:{MODEL}:2, 10 % of the traffic" in told
    told = prompt(*shlex.split(deploy[0].partition(" > ")[0])[3:])
    assert "deployment green: unchanged, it is release 8" in told, "the stage was run again"
    (stage,) = stages(DEVOPS / "publish_endpoint.yml", MAIN, target="prod")
    publish = [line for line in lines_of(stage) if " deploy " in line]
    told = typed_by_agent(prompt, publish)["deploy online"]
    assert "100 % of the traffic to green, 0 % of the traffic to blue" in told
    back = typed_by_agent(prompt, typed(DEVOPS / "rollback.yml", MAIN, target="prod"))
    assert "all traffic to blue" in back["deploy online"]


def _make_and_judge(prompt: Prompt) -> None:
    for stage in ("dev", "prod"):
        prompt("bootstrap", "--target", stage)
    prompt("register", "environment/*", "--target", "dev")
    typed_by_agent(prompt, typed(DEVOPS / "data.yml", DEVELOP))
    chosen = {"model": MODEL, "best": "--lowest validation_rmse"}
    printed = typed_by_agent(prompt, typed(DEVOPS / "training.yml", DEVELOP, **chosen))
    assert "register_model" in printed["status training-7-1"]
    assert f"{MODEL}:1" in printed[f"champion {MODEL}"]


def _prod_trains_a_champion_itself(lake: Path) -> None:
    from azure.ai.ml.entities import Model  # noqa: PLC0415 # seconds, and warnings, on import

    source = Registry(lake).model(MODEL).source
    made = Model(name=MODEL, type="mlflow_model", path=str(source), tags={"champion": "true"})
    client = workspace_client(target_file.load_target("prod"))
    assert client.models.create_or_update(made).version == "2"


def _environment(stage: dict[str, Any]) -> str:
    (job,) = stage["jobs"]
    return str(job["environment"])


def _is_what_dev_has(lakes: dict[str, Path]) -> None:
    mine, theirs = (Registry(lakes[name]).model(MODEL, "1") for name in ("prod", "dev"))
    assert (mine.tags["release"], theirs.tags["release"]) == ("7", "7")
    assert mine.tags["promoted_from"] == f"dev/{MODEL}:1"
    assert mine.tags["decision"] == theirs.tags["decision"]
    assert mine.source
    assert theirs.source
    assert content_hash(Path(mine.source)) == content_hash(Path(theirs.source))
