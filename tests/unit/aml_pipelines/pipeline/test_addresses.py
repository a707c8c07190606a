from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.errors import PipelineError, RefusedError
from aml_pipelines.pipeline.address_options import map_words, read_map
from aml_pipelines.pipeline.addresses import Addresses, is_elsewhere, place_of
from aml_pipelines.pipeline.named_addresses import addresses_named_in
from aml_pipelines.pipeline.references import DatastorePath

if TYPE_CHECKING:
    from pathlib import Path

STORE = "azureml://datastores/theirs"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("https://example.org/a.csv", True),
        ("wasbs://c@account.blob.core.windows.net/a", True),
        ("adl://store.azuredatalakestore.net/a", True),
        ("azureml://registries/r/data/d/versions/1", True),
        ("azureml://datastores/lake/paths/a", False),
        ("azureml:d:1", False),
        ("./a.csv", False),
        ("file:///a.csv", False),
    ],
)
def test_addresses_elsewhere_are_those_that_no_datastore_here_has(
    reference: str,
    expected: bool,  # noqa: FBT001 # a parameter of the test
) -> None:
    assert is_elsewhere(reference) is expected


def test_the_longest_mapped_beginning_of_an_address_counts() -> None:
    mapped = {"https://h/d": "/all", "https://h/d/e/": "/some", f"{STORE}": "/store"}
    addresses = Addresses(mapped=mapped)
    found = {
        address: str(addresses.mapped_to(address))
        for address in (
            "https://h/d/a%20b.csv",
            "https://h/d/e/f",
            "https://h/dd",
            f"{STORE}/paths/x/y",
            "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/theirs/paths/z",
        )
    }
    assert list(found.values()) == ["/all/a b.csv", "/some/f", "None", "/store/x/y", "/store/z"]


def test_each_address_has_a_folder_and_its_file_keeps_its_name(tmp_path: Path) -> None:
    first, second = (place_of(f"https://h/{n}/a%20b.csv?s=1", tmp_path) for n in ("x", "y"))
    assert first.name == second.name == "a b.csv"
    assert first.parent.parent == second.parent.parent == tmp_path
    assert first.parent != second.parent
    assert place_of("wasbs://c@h/", tmp_path).name == "c"


def test_a_registered_datastore_is_a_folder_that_nothing_leads_out_of(tmp_path: Path) -> None:
    addresses = Addresses(datastores={"mine": tmp_path / "mine"})
    assert addresses.datastore(DatastorePath("mine", "a/b")) == tmp_path / "mine/a/b"
    assert addresses.datastore(DatastorePath("theirs", "a")) is None
    with pytest.raises(RefusedError, match="leads out of datastore 'mine'"):
        addresses.datastore(DatastorePath("mine", "../x"))


def test_an_option_may_have_equals_signs_on_both_sides(tmp_path: Path) -> None:
    (tmp_path / "year=2020").mkdir()
    mapped = read_map([f"https://h/a?s=1={tmp_path}/year=2020", "https://h/b=/nowhere"])
    assert mapped == {"https://h/a?s=1": f"{tmp_path}/year=2020", "https://h/b": "/nowhere"}
    assert map_words({"https://h/b": "/nowhere"}) == ["--map=https://h/b=/nowhere"]
    with pytest.raises(PipelineError, match="--map '=x' is not of the form ADDRESS=PATH"):
        read_map(["=x"])


def test_the_addresses_of_a_job_are_also_those_of_its_components_and_tables(
    tmp_path: Path,
) -> None:
    (tmp_path / "table").mkdir()
    (tmp_path / "table/MLTable").write_text("paths: [{file: https://h/t.csv}, {file: ./a.csv}]\n")
    (tmp_path / "inner.yml").write_text("jobs: {a: {inputs: {d: {path: 'http://h/inner'}}}}\n")
    (tmp_path / "job.yml").write_text(
        "$schema: https://schemas/job\n"
        "inputs: {d: {path: 'wasbs://c@h/d'}, again: {path: 'wasbs://c@h/d'}, t: {path: table}}\n"
        "jobs: {n: {component: ./inner.yml}, m: {component: 'azureml:c:1'}}\n"
    )
    assert addresses_named_in(tmp_path / "job.yml") == [
        *("wasbs://c@h/d", "https://h/t.csv", "http://h/inner")
    ]
    (tmp_path / "bad.yml").write_text("a: [")
    with pytest.raises(PipelineError, match=r"bad\.yml: cannot be read: "):
        addresses_named_in(tmp_path / "bad.yml")
