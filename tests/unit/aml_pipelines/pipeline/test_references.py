"""What an azureml:// URI means on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.references import local_folder, long_uri, short_uri

if TYPE_CHECKING:
    from pathlib import Path

SHORT = "azureml://datastores/lake/paths/gold/train"
LONG = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/lake/paths/gold/train"
WORKSPACE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)


def test_both_forms_of_a_uri_mean_one_folder(tmp_path: Path) -> None:
    assert local_folder(SHORT, state=tmp_path) == tmp_path / "gold" / "train"
    assert local_folder(LONG, state=tmp_path) == tmp_path / "gold" / "train"


def test_the_forms_turn_into_each_other() -> None:
    assert short_uri(LONG) == SHORT
    assert long_uri(SHORT, WORKSPACE) == LONG
    assert long_uri(LONG, WORKSPACE) == LONG


def test_another_uri_stays_as_it_is() -> None:
    assert short_uri("abfss://lake@account.dfs.core.windows.net/a").startswith("abfss://")
    assert long_uri("abfss://a", WORKSPACE) == "abfss://a"


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("azureml://datastores/attic/paths/a", r"'attic' is unknown; there are \['lake', 'work"),
        ("azureml://datastores/lake/paths/../../etc", "leads out of datastore 'lake'"),
        ("abfss://lake@account.dfs.core.windows.net/a", "is not of the form"),
    ],
)
def test_a_uri_that_means_no_folder_here_is_refused(tmp_path: Path, uri: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        local_folder(uri, state=tmp_path)
