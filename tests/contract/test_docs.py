"""The commands of the pages are commands: each is typed, and what would be sent is not sent."""

from __future__ import annotations

import argparse
import re
import shlex
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.__main__ import VERBS, main, verb_module
from tests.contract.files import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
AZURE = REPOSITORY / "docs" / "azure.md"
DELIVERY = REPOSITORY / "docs" / "delivery.md"
OF_A_REPOSITORY = [REPOSITORY / f"{name}.md" for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY")]
SAID_BY_AZURE = {"no matching federated identity"}
# What these do is done on this machine, and the tests of README and of pipelines do it.
DONE_ELSEWHERE = (
    *("run", "explain", "sample", "init", "profile", "try", "withdraw", "care", "workspace"),
    *("lineage", "impact", "diff", "events", "health", "history", "release", "replay"),
)


def shell_of(page: Path) -> str:
    """Return all blocks of shell of a page."""
    text = page.read_text("utf-8")
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def commands(page: Path) -> list[list[str]]:
    """Return the words of every command of a page that is this project's, after the verb's name."""
    lines = shell_of(page).replace("\\\n", " ").splitlines()
    typed = [line.partition("python -m aml_pipelines ")[2] for line in lines]
    # a command within $(…) ends there
    return [shlex.split(text.partition(')"')[0], comments=True) for text in typed if text]


TYPED = [(page.name, words) for page in PAGES for words in commands(page)]


def test_there_are_commands_on_the_pages() -> None:
    assert {words[0] for _, words in TYPED} >= {"plan", "run", "bootstrap", "submit", "teardown"}


@pytest.mark.parametrize(("page", "words"), TYPED, ids=lambda item: " ".join(item)[:60])
def test_a_command_of_a_page_is_understood(
    page: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words[0] in VERBS, page
    parser = argparse.ArgumentParser()
    verb_module(words[0]).add_arguments(parser)
    parser.parse_args(words[1:])
    if words[0] in DONE_ELSEWHERE or (words[0] == "plan" and "dev" not in words):
        return
    (tmp_path / ".lake" / "raw").mkdir(parents=True)
    (tmp_path / ".lake" / "raw" / "trips.csv").write_text("id\n1\n")
    (tmp_path / "aml_pipelines").symlink_to(REPOSITORY / "aml_pipelines")
    monkeypatch.chdir(tmp_path)
    changes_something = words[0] not in ("plan", "jvm")
    assert main([*words, *(["--dry-run"] if changes_something else [])]) == 0


@pytest.mark.sdk
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own, on import
def test_the_jobs_identity_becomes_the_workspaces_own_by_yaml_that_azure_takes() -> None:
    from azure.ai.ml import load_workspace  # noqa: PLC0415 # slow, and no other test here needs it

    (stated,) = re.findall(r"^identity:\n(?: .*\n)+", AZURE.read_text("utf-8"), re.MULTILINE)
    identity_id = "/subscriptions/s/resourceGroups/g/providers/x/userAssignedIdentities/jobs"
    text = f"name: mlw\n{stated}".replace("$JOBS_IDENTITY_ID", identity_id)
    identity: Any = load_workspace(StringIO(text)).identity
    assert identity.type.lower() == "systemassigned,userassigned"
    assert [item.resource_id for item in identity.user_assigned_identities] == [identity_id]


@pytest.mark.sdk
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own, on import
def test_azures_own_command_sends_a_pipeline_to_a_lake_that_is_not_the_examples() -> None:
    from azure.ai.ml import load_job  # noqa: PLC0415 # same

    ((file, key, lake),) = re.findall(
        r"az ml job create -f (\S+)\s+--set (\S+)=(\S+?)[`\s]", AZURE.read_text("utf-8")
    )
    job: Any = load_job(REPOSITORY / file, params_override=[{key: lake}])
    assert job._to_rest_object().properties["inputs"]["lake"]["value"] == lake  # noqa: SLF001 # sent
    assert "example" not in lake


@pytest.mark.parametrize("page", [*PAGES, *OF_A_REPOSITORY], ids=lambda page: page.name)
def test_a_page_types_make_targets_that_are_there(page: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE)) | {".venv/.azurite"}
    typed = re.findall(r"^make ([\w./-]+)", shell_of(page), re.MULTILINE)
    named = re.findall(r"`make ([\w./-]+)", page.read_text("utf-8"))
    assert {*typed, *named} <= targets


def test_the_errors_that_a_page_quotes_are_those_that_are_printed() -> None:
    section = DELIVERY.read_text("utf-8").partition("## When a stage fails\n")[2]
    quoted = {text for text in re.findall(r'"([^"]+)"', section) if text not in SAID_BY_AZURE}
    parts = {part.strip() for text in quoted for part in text.split("…")}
    sources = [f for room in ("aml_pipelines", ".github") for f in (REPOSITORY / room).rglob("*.*")]
    printed = "".join(f.read_text("utf-8") for f in sources if f.suffix in (".py", ".sh"))
    assert len(parts) > 4
    assert {part for part in parts if part not in printed} == set()


@pytest.mark.parametrize("page", [*PAGES, *OF_A_REPOSITORY], ids=lambda page: page.name)
def test_a_page_links_to_files_that_are_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []
