"""What the catalog holds is taken by a workspace, and a second time there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conf.target import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.azure_verbs import Typed

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]
CATALOG = REPOSITORY / "aml_pipelines" / "catalog"
SECRETS = ("RAW_ACCOUNT_KEY", "RAW_SAS_TOKEN", "LAKE_CLIENT_ID", "LAKE_CLIENT_SECRET")
MONITOR = str(CATALOG / "monitors" / "flights_drift.yml")
MLTABLE = "https://azuremlschemas.azureedge.net/latest/data.schema.json"


def files_of(*kinds: str) -> list[str]:
    found = [file for kind in kinds for file in sorted((CATALOG / kind).glob("*.yml"))]
    return [str(file) for file in found]


def states(printed: str) -> list[str]:
    return [line.rpartition(": ")[2] for line in printed.splitlines()]


def test_every_asset_is_made_once(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "s3cret")
    monkeypatch.setenv("AZURE_TENANT_ID", "00000000-0000-0000-0000-000000000000")
    (typed.lake / "models" / "example").mkdir(parents=True)
    (typed.lake / "models" / "example" / "MLmodel").write_text("flavors: {sklearn: {}}\n")
    files = files_of("datastores", "compute", "environments", "data", "models")
    files.append(str(CATALOG / "endpoints" / "kubernetes_endpoint.yml"))
    assert len(files) == 20
    first = typed("register", *files)
    assert states(first) == ["created"] * 20
    assert "s3cret" not in first
    assert states(typed("register", *files)) == ["unchanged"] * 20


def test_a_monitor_is_kept_when_somebody_says_that_its_data_has_credentials(
    typed: Typed, tmp_path: Path
) -> None:
    refused = typed("register", MONITOR, code=2)
    assert "a monitor reads only what a datastore with credentials holds" in refused
    for name in ("flights_batch", "flights_train"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "rows.csv").write_text("is_late\n1\n")
        (folder / "MLTable").write_text("paths: [{file: ./rows.csv}]\n")
        file = tmp_path / f"{name}.yml"
        file.write_text(f"$schema: {MLTABLE}\nname: {name}\ntype: mltable\npath: {folder}\n")
        typed("register", str(file))
    assert typed("register", "--monitors", MONITOR) == "monitor flights_drift: created\n"
    assert typed("register", "--monitors", MONITOR) == "monitor flights_drift: unchanged\n"
    assert "flights_drift: enabled" in typed("schedule")


def test_data_whose_files_changed_is_a_new_version(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "trips").mkdir()
    (tmp_path / "trips" / "a.csv").write_text("id\n1\n")
    file = tmp_path / "trips.yml"
    file.write_text(f"$schema: {MLTABLE}\nname: trips\ntype: uri_folder\npath: trips\n")
    assert typed("register", str(file)) == "data trips: created\n"
    (tmp_path / "trips" / "a.csv").write_text("id\n2\n")
    assert typed("register", str(file)) == "data trips: updated\n"
    assert typed("register", str(file)) == "data trips: unchanged\n"
