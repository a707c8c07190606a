"""The catalog: every kind of asset and job as YAML that the SDK loads, with a line on its page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import yaml

from aml_pipelines.__main__ import main
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.verbs.sample import write_sample
from assets.mltables import read_rows
from conf.dataset import load_dataset
from tests.contract.files import REPOSITORY, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

CATALOG = REPOSITORY / "aml_pipelines" / "catalog"
FILES = sorted(CATALOG.rglob("*.yml"))
MLTABLES = sorted(CATALOG.glob("mltables/*/MLTable"))
PAGE = (REPOSITORY / "docs" / "catalog.md").read_text(encoding="utf-8")
# What each schema's own loader is; three kinds have theirs in a module without a public name.
PUBLIC = {
    "azureBlob": "load_datastore",
    "azureDataLakeGen2": "load_datastore",
    "data": "load_data",
    "computeInstance": "load_compute",
    "amlCompute": "load_compute",
    "synapseSpark": "load_compute",
    "kubernetesCompute": "load_compute",
    "environment": "load_environment",
    "model": "load_model",
    "commandJob": "load_job",
    "sparkJob": "load_job",
    "sweepJob": "load_job",
    "autoMLJob": "load_job",
    "pipelineJob": "load_job",
    "kubernetesOnlineEndpoint": "load_online_endpoint",
    "managedOnlineEndpoint": "load_online_endpoint",
    "kubernetesOnlineDeployment": "load_online_deployment",
    "managedOnlineDeployment": "load_online_deployment",
    "monitorSchedule": "load_schedule",
    "schedule": "load_schedule",
    "batchEndpoint": "load_batch_endpoint",
    "modelBatchDeployment": "load_model_batch_deployment",
    "pipelineComponentBatchDeployment": "load_pipeline_component_batch_deployment",
}
ELSEWHERE = [
    *sorted((REPOSITORY / "aml_pipelines").glob("schedules/*.yml")),
    *(
        file
        for file in sorted((REPOSITORY / "aml_pipelines").glob("endpoints/*/*.yml"))
        if file.name != "score_batch.yml"
    ),
    *sorted((REPOSITORY / "aml_pipelines").glob("assets/*/*.yml")),
]


def schema_of(file: Path) -> str:
    return str(read_yaml(file)["$schema"]).rpartition("/")[2].partition(".")[0]


def loaded(file: Path) -> Callable[..., Any]:
    from azure.ai import ml  # noqa: PLC0415 # 2.8 s that only these tests need
    from azure.ai.ml.entities import _load_functions  # noqa: PLC0415 # see PUBLIC

    name = PUBLIC[schema_of(file)]
    load: Callable[..., Any] = getattr(ml, name, None) or getattr(_load_functions, name)
    return load


@pytest.mark.sdk
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own, on import
@pytest.mark.parametrize(
    "file", [*FILES, *ELSEWHERE], ids=lambda file: f"{file.parent.name}/{file.stem}"
)
def test_the_sdk_loads_and_finds_nothing_wrong(file: Path) -> None:
    entity = loaded(file)(file)
    validate = getattr(entity, "_validate", None)
    if validate and "Job" in schema_of(file):
        result = validate()
        assert result.passed, result.error_messages


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_file_stands_on_the_page_that_says_what_it_shows(file: Path) -> None:
    assert f"`{file.relative_to(CATALOG)}`" in PAGE


def test_the_page_names_no_file_that_is_not_there() -> None:
    named = set(re.findall(r"^\| `([\w/]+\.yml)`", PAGE, re.MULTILINE))
    assert named == {str(file.relative_to(CATALOG)) for file in FILES}


ROWS = re.findall(r"^\| `([\w/]+\.yml)` \| `[a-z -]+` \| `([a-z -]+)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("file", "verb"), ROWS, ids=str)
def test_the_verb_that_the_page_names_takes_the_file(
    file: str, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = verb.split()
    words = [name, str(CATALOG / file), *options, "--target", "dev", "--dry-run"]
    assert main(words) == 0
    stated = read_yaml(CATALOG / file)
    assert f"{stated.get('name') or stated['type']}\n" in capsys.readouterr().out


def test_the_page_names_a_verb_for_every_file() -> None:
    assert {file for file, _ in ROWS} == {str(file.relative_to(CATALOG)) for file in FILES}


def test_a_secret_is_a_name_in_the_catalog_never_a_value() -> None:
    for file in FILES:
        for value in (read_yaml(file).get("credentials") or {}).values():
            assert re.fullmatch(r"\$\{[A-Z_]+\}", value), file


def laid_out(lake: Path) -> dict[str, Path]:
    """Lay out the project's own data where the MLTables look for it; gives each table's folder."""
    for name in ("flights", "diabetes"):
        write_sample(name, FolderLake(lake))
    patients = pd.read_json(lake / "raw/diabetes/history/patients.jsonl", lines=True)
    exported = lake / "exported" / "batch"
    exported.mkdir(parents=True)
    patients.assign(_row_id="a").head(3).to_parquet(exported / "part-0.parquet", index=False)
    (exported / "_SUCCESS").touch()
    _write_delta(patients.head(5), lake / "gold" / "diabetes" / "train")
    folders = {}
    for file in MLTABLES:
        copy = lake / "tables" / file.parent.name
        copy.mkdir(parents=True)
        text = file.read_text(encoding="utf-8")
        local = text.replace("azureml://datastores/lake/paths", str(lake))
        (copy / "MLTable").write_text(local, encoding="utf-8")
        folders[file.parent.name] = copy
    return folders


def _write_delta(rows: pd.DataFrame, table: Path) -> None:
    """Write the first version of a Delta table by hand, so that no JVM is needed to read one."""
    (table / "_delta_log").mkdir(parents=True)
    file = table / "part-0.parquet"
    rows.to_parquet(file, index=False)
    kinds = {"int64": "long", "float64": "double"}
    fields = [
        {"name": name, "type": kinds[str(kind)], "nullable": True, "metadata": {}}
        for name, kind in rows.dtypes.items()
    ]
    schema = json.dumps({"type": "struct", "fields": fields})
    table_id = "00000000-0000-0000-0000-000000000000"
    about = {
        "id": table_id,
        "createdTime": 0,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": schema,
    }
    added = {"path": file.name, "partitionValues": {}, "size": file.stat().st_size}
    actions: list[dict[str, Any]] = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {**about, "partitionColumns": [], "configuration": {}}},
        {"add": {**added, "modificationTime": 0, "dataChange": True}},
    ]
    log = table / "_delta_log" / "00000000000000000000.json"
    log.write_text("\n".join(map(json.dumps, actions)) + "\n")


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")  # mltable 1.6 on pandas 2.2
def test_every_mltable_is_read_back_with_its_rows_and_types(
    tmp_path: Path,
) -> None:
    folders = laid_out(tmp_path)
    assert set(folders) == {"delimited", "json_lines", "parquet", "delta"}
    airports = read_rows(str(folders["delimited"])).set_index("faa")
    assert len(airports) == 1458
    assert list(airports.columns) == ["name", "lat", "lon", "alt", "tz", "tzone"]
    assert {name: str(kind) for name, kind in airports.dtypes.items()} == {
        "name": "object",
        "lat": "float64",
        "lon": "float64",
        "alt": "int64",
        "tz": "int64",
        "tzone": "object",
    }
    assert airports.loc["JFK", "alt"] == 13
    patients = read_rows(str(folders["json_lines"]))
    assert (len(patients), patients["patient"].max()) == (400, 399)
    assert str(patients["bmi"].dtype) == "float64"
    exported = read_rows(str(folders["parquet"]))
    assert len(exported) == 3
    assert "_row_id" not in exported.columns
    assert read_rows(str(folders["delta"]))["patient"].tolist() == [0, 1, 2, 3, 4]


def test_an_mltable_of_the_catalog_is_strict_where_its_defaults_are_not() -> None:
    stated = {file.parent.name: yaml.safe_load(file.read_text("utf-8")) for file in MLTABLES}
    steps = {name: table["transformations"] for name, table in stated.items()}
    assert steps["json_lines"][0]["read_json_lines"]["invalid_lines"] == "error"
    assert steps["delimited"][0]["read_delimited"]["infer_column_types"] is False
    assert steps["delta"][0]["read_delta_lake"] == {"version_as_of": 0}
    assert stated["parquet"]["paths"] == [
        {"pattern": "azureml://datastores/lake/paths/exported/batch/*.parquet"}
    ]


@pytest.mark.parametrize("name", ["automl_classification", "automl_regression", "responsible_ai"])
def test_a_job_learns_the_label_of_its_table_and_the_table_has_the_columns_it_names(
    name: str,
) -> None:
    stated = read_yaml(CATALOG / "jobs" / f"{name}.yml")
    trained = stated.get("training_data") or stated["inputs"]["train"]
    dataset = load_dataset(trained["path"].removeprefix("azureml:").partition("_train")[0])
    assert dataset.label
    jobs = stated.get("jobs") or {"": {"inputs": stated}}
    asked = {node["inputs"].get("target_column_name") for node in jobs.values()} - {None}
    assert asked == {dataset.label.name}


def test_a_private_wheel_is_installed_when_there_is_one_and_none_is_no_failure(
    tmp_path: Path,
) -> None:
    text = (CATALOG / "environments" / "build_context" / "Dockerfile").read_text("utf-8")
    (line,) = re.findall(r"^RUN (for wheel in .*)$", text, re.MULTILINE)
    here = re.sub(r"/\w+/packages", str(tmp_path), line)
    told = f'python() {{ echo "$@"; }}; {here}'

    def ran(command: str) -> str:
        shell = ["/bin/sh", "-c", command]
        return subprocess.run(shell, check=True, capture_output=True, text=True).stdout

    assert ran(told) == ""
    for wheel in ("ours-1.0-py3-none-any.whl", "ours_too-1.0-py3-none-any.whl"):
        (tmp_path / wheel).touch()
    installed = [text.split()[-1] for text in ran(told).splitlines()]
    assert [Path(wheel).name[:8] for wheel in installed] == ["ours-1.0", "ours_too"]
    with pytest.raises(subprocess.CalledProcessError):
        ran(f"python() {{ return 1; }}; {here}")


def test_the_build_context_builds_from_its_own_files(tmp_path: Path) -> None:
    context = CATALOG / "environments" / "build_context"
    shutil.copytree(context, tmp_path / "context")
    copied = re.findall(r"^COPY (.+) /", (context / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert names
    assert [name for name in names if not (tmp_path / "context" / name).exists()] == []
