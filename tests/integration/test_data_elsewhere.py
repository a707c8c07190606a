"""Data elsewhere: fetched from the world, which is a server on loopback here, or mapped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.__main__ import main
from tests.integration.pipelines_elsewhere import run_pipeline, write_target
from tests.integration.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator


FILES = {"/data/a.csv": b"a,b\n1,2\n", "/c/rows/1.csv": b"1\n", "/c/rows/more/2.csv": b"2\n"}
FILES |= {"/torn.csv": b"to"}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        world(FILES, tmp_path_factory.mktemp("world")) as (address, authority),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("REQUESTS_CA_BUNDLE", str(authority))
        yield address


def a_target(folder: Path) -> str:
    return str(write_target(folder))


def reading(address: str, kind: str = "uri_file") -> dict[str, object]:
    """Return a job that lists and prints the data at `address`."""
    node = {
        "environment": "azureml:any:1",
        "inputs": {"data": {"type": kind, "path": address}},
        "outputs": {"read": {"type": "uri_file"}},
        "command": "(cd ${{inputs.data}} 2>/dev/null && find . -type f | sort || basename"
        " ${{inputs.data}}; cat ${{inputs.data}} 2>/dev/null || true) > ${{outputs.read}}",
    }
    return {"read": node}


def read_by(record: dict[str, object]) -> str:
    with open(record["nodes"]["read"]["outputs"]["read"]) as file:  # type: ignore[index] # noqa: PTH123 # JSON
        return file.read()


def test_an_address_that_was_fetched_is_a_file_of_its_name(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"https://{host}/data/a.csv?sig=secret"
    with pytest.raises(IndexError):
        run_pipeline(tmp_path, reading(address))
    said = capsys.readouterr().err
    assert f"{address!r} is not on this machine; fetch it where there is a network: " in said
    assert f"python -m aml_pipelines fetch '{address}' --target {tmp_path}/local.yml" in said

    job, target = str(tmp_path / "pipeline.yml"), str(tmp_path / "local.yml")
    assert main(["fetch", job, "--target", target]) == 0
    (record,) = (tmp_path / "lake/fetched").glob("*.json")
    recorded = json.loads(record.read_text())
    assert recorded["address"] == f"https://{host}/data/a.csv"
    assert recorded["sha256"] == {
        "": "492d5ea496056f1a6a6592241032fab764c321596317930b4fa0e1e8bc3b7470"
    }
    assert read_by(run_pipeline(tmp_path, reading(address))) == "a.csv\na,b\n1,2\n"


def test_a_public_container_is_fetched_as_files_and_folders(host: str, tmp_path: Path) -> None:
    target = a_target(tmp_path)
    folder, file = f"wasbs://c@{host}/rows/", f"abfss://c@{host}/rows/1.csv"
    assert main(["fetch", folder, file, "--target", target]) == 0
    listed = run_pipeline(tmp_path, reading(folder, "uri_folder"))
    assert read_by(listed) == "./1.csv\n./more/2.csv\n"
    assert read_by(run_pipeline(tmp_path, reading(file))) == "1.csv\n1\n"


def test_what_broke_off_or_is_not_there_leaves_nothing_behind(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn, gone = f"https://{host}/torn.csv", f"https://{host}/gone.csv"
    assert main(["fetch", torn, gone, "--target", a_target(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"{torn!r} cannot be fetched: 2 of 7 bytes came" in said
    assert f"{gone!r} cannot be fetched: HTTP Error 404: Not Found" in said
    assert list((tmp_path / "lake/fetched").iterdir()) == []


@pytest.mark.slow
def test_an_mltable_is_read_without_its_addresses_and_evaluated_to_its_files(
    host: str, tmp_path: Path
) -> None:
    for name, rows in (("lake/more/b.csv", "a,b\n3,4\n"), ("local.csv", "a,b\n5,6\n")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(rows)
    web = f"https://{host}/data/a.csv"
    paths = [{"file": web}, {"pattern": "azureml://datastores/lake/paths/more/*.csv"}]
    paths.append({"file": "../local.csv"})
    (tmp_path / "table").mkdir()
    header = {"read_delimited": {"delimiter": ",", "header": "all_files_same_headers"}}
    table = {"paths": paths, "transformations": [header]}
    (tmp_path / "table/MLTable").write_text(json.dumps(table))

    script = "import mltable, sys\nrows = mltable.load(sys.argv[1]).to_pandas_dataframe()\n"
    (tmp_path / "code").mkdir()
    (tmp_path / "code/read.py").write_text(
        f"{script}print(rows.sort_values('a').to_csv(index=False))\n"
    )
    reads = reading("table", "mltable")
    loads = {
        **reads["read"],  # type: ignore[dict-item] # a job
        "code": "code",
        "command": "python read.py ${{inputs.data}} > ${{outputs.read}}",
    }
    evaluates = reading("table", "mltable")["read"]
    evaluates["inputs"]["data"]["mode"] = "eval_mount"  # type: ignore[index] # a job
    mapping = f"{web}={tmp_path / 'local.csv'}"
    record = run_pipeline(tmp_path, {"read": loads, "list": evaluates}, "--map", mapping)
    assert read_by(record) == "a,b\n3,4\n5,6\n5,6\n\n"
    listed = Path(record["nodes"]["list"]["outputs"]["read"]).read_text()
    assert listed == "./lake/more/b.csv\n./local.csv\n"
