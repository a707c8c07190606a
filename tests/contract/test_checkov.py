"""Checkov finds nothing unsafe in Terraform and workflows, and no secret in any file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.files import copy_repository

pytestmark = pytest.mark.checks

FRAMEWORKS = "terraform,github_actions,secrets"
UNWANTED = "CKV_GHA_7"  # no workflow may take inputs: a release is asked for by model and traffic
# Made by commands from names of the API's types, which look like secrets to its measure of chance.
GENERATED = ("aml_pipelines/workspace/http/api.json", "docs/parity.md")
OFFLINE = {"CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}
WRONG = {
    "main.tf": """
resource "azurerm_storage_account" "open" {
  name                     = "open"
  resource_group_name      = "open"
  location                 = "westeurope"
  account_tier             = "Standard"
  account_replication_type = "LRS"
  min_tls_version          = "TLS1_0"
}
""",
    "half.tf": 'resource "azurerm_storage_account" {',
    ".github/workflows/ci.yml": """
on: push
permissions: write-all
jobs: {one: {runs-on: ubuntu-24.04, steps: [{run: make lint}]}}
""",
    "lake.py": f"connection = 'AccountName=lake;AccountKey={'Qb7' * 28}Qb==;'\n",
}


@dataclass(frozen=True)
class Checked:
    """How many checks of each framework held, and a line for each that did not."""

    held: dict[str, int]
    broken: list[str]


def checked(folder: Path) -> Checked:
    """Let checkov look at a folder, without the network."""
    command = [
        *(str(Path(sys.prefix, "checks", "bin", "checkov")), "--directory", "."),
        *("--framework", FRAMEWORKS, "--enable-secret-scan-all-files"),
        *("--skip-check", UNWANTED, "--skip-download", "--output", "json"),
    ]
    said = subprocess.run(
        command, cwd=folder, env=os.environ | OFFLINE, capture_output=True, text=True, check=False
    )
    assert said.returncode in (0, 1), said.stderr
    held, broken = {}, []
    for report in json.loads(said.stdout):
        results = report["results"]
        held[report["check_type"]] = len(results["passed_checks"])
        broken += [f"{Path(file).name} cannot be read" for file in results["parsing_errors"]]
        broken += [
            f"{found['file_path'][1:]}:{found['file_line_range'][0]} "
            f"{found['check_id']} {found['check_name']}"
            for found in results["failed_checks"]
            if not (found["check_id"] == "CKV_SECRET_6" and found["file_path"][1:] in GENERATED)
        ]
    return Checked(held, broken)


@pytest.mark.slow
def test_nothing_is_unsafe_that_does_not_say_why(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    found = checked(tmp_path)
    assert found.broken == [], "\n".join(found.broken)
    assert found.held["terraform"] > 20
    assert found.held["github_actions"] > 100


def test_an_open_account_a_workflow_that_may_write_all_and_a_key_are_found(tmp_path: Path) -> None:
    for name, text in WRONG.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    broken = checked(tmp_path).broken
    for place, told in {
        "main.tf:2": "CKV_AZURE_44 Ensure Storage Account is using the latest version of TLS",
        "half.tf": "cannot be read",
        ".github/workflows/ci.yml:3": "CKV2_GHA_1 Ensure top-level permissions",
        "lake.py:1": "CKV_SECRET_3 Azure Storage Account access key",
    }.items():
        assert any(line.startswith(f"{place} {told}") for line in broken), broken
