"""Terraform makes what the targets name, with the roles of docs/azure.md and no others."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import hcl2
import pytest
import yaml

from conf.document import read_document
from conf.target import TARGETS as TARGET_FILES
from tests.contract.files import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = REPOSITORY / "devops_pipelines" / "terraform"
TARGETS = ("dev", "prod")
WHO = {
    "bootstrappers": "whoever bootstraps",
    "deployers": "whoever deploys",
    "azurerm_user_assigned_identity.jobs": "the jobs' identity",
    "azurerm_machine_learning_workspace.this": "the workspace's identity",
}
WHERE = {
    "azurerm_resource_group.this": "the resource group",
    "azurerm_user_assigned_identity.jobs": "the jobs' identity",
    "azurerm_machine_learning_workspace.this": "the workspace",
    'azurerm_storage_account.this["lake"]': "the lake's storage account",
    'azurerm_storage_account.this["workspace"]': "the workspace's own storage account",
    "azurerm_container_registry.this": "the container registry",
    "azurerm_synapse_workspace.this": "the Synapse workspace",
}
# The services of Azure behind the resources, by how the kinds of these begin; spelled as in Azure's
# list of them, for azurerm passes over a name that stands there in other letters, and says nothing.
SERVICES = {
    "azurerm_application_insights": "microsoft.insights",
    "azurerm_container_registry": "Microsoft.ContainerRegistry",
    "azurerm_key_vault": "Microsoft.KeyVault",
    "azurerm_log_analytics": "Microsoft.OperationalInsights",
    "azurerm_machine_learning": "Microsoft.MachineLearningServices",
    "azurerm_storage": "Microsoft.Storage",
    "azurerm_synapse": "Microsoft.Synapse",
    "azurerm_user_assigned_identity": "Microsoft.ManagedIdentity",
}
OF_EVERY_SUBSCRIPTION = ("azurerm_resource_group", "azurerm_role_assignment")
# Azure asks for these itself: behind online endpoints, and behind a Synapse workspace.
BEHIND = {"Microsoft.Cdn", "Microsoft.PolicyInsights", "Microsoft.Sql"}
# Every row of the table, for everybody of its kind: no other assignment, and no row left out.
OF_EVERY_ROW = {
    "for_each": "${merge([for row in local.roles : {"
    "for name, principal in local.who[row.who] : "
    '"${row.who} ${name}: ${row.role} on ${row.where}" => merge(row, {principal = principal})'
    "}] ...)}",
    "principal_id": "${each.value.principal}",
    "role_definition_name": "${each.value.role}",
    "scope": "${local.where[each.value.where]}",
}


@cache
def blocks() -> list[tuple[str, dict[str, Any]]]:
    """Return the blocks of all files by their kinds: resource, variable, output and so on."""
    read = [hcl2.loads(file.read_text("utf-8")) for file in sorted(FOLDER.glob("*.tf"))]
    return [
        (kind, block) for file in read for kind, found in file.items() for block in listed(found)
    ]


def listed(found: object) -> list[dict[str, Any]]:
    return found if isinstance(found, list) else []


def bare(text: object) -> str:
    return str(text).strip('"')


def named(kind: str) -> dict[str, dict[str, Any]]:
    """Map the blocks of one label, such as variables, to what they state."""
    return {
        bare(name): body
        for found, block in blocks()
        if found == kind
        for name, body in block.items()
        if name != "__is_block__"
    }


def resources(kind: str = "resource") -> dict[str, dict[str, Any]]:
    return {
        f"{bare(type_)}.{bare(name)}": body
        for found, block in blocks()
        if found == kind
        for type_, inner in block.items()
        if isinstance(inner, dict)
        for name, body in inner.items()
        if name != "__is_block__"
    }


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def stated_locals() -> dict[str, Any]:
    return {
        name: value
        for kind, block in blocks()
        if kind == "locals"
        for name, value in block.items()
        if not name.startswith("__")
    }


def expressions() -> str:
    """Return what is worked out, as one text: comments and plain words are not."""
    found = [text for _, block in blocks() for text in texts(block) if "${" in text]
    return " ".join(found)


def references() -> set[str]:
    """Return what expressions refer to: var.NAME, local.NAME, data.TYPE.NAME and TYPE.NAME."""
    pattern = r"\b(data\.\w+\.\w+|var\.\w+|local\.\w+|(?<!data\.)azurerm_\w+\.\w+)"
    return set(re.findall(pattern, expressions()))


def test_every_reference_is_declared_and_every_variable_and_local_used() -> None:
    variables = {f"var.{name}" for name in named("variable")}
    local = {f"local.{name}" for name in stated_locals()}
    data = {f"data.{name}" for name in resources("data")}
    assert references() - variables - local - data - set(resources()) == set()
    assert (variables | local | data) - references() == set()
    assert len(references()) > 20


def test_a_reference_to_one_of_several_names_one_that_is_made() -> None:
    found = set(re.findall(r'(azurerm_\w+\.\w+)\["(\w+)"\]', expressions()))
    several = {
        (name, key)
        for name, body in resources().items()
        if isinstance(body.get("for_each"), dict)
        for key in body["for_each"]
    }
    assert found == several
    assert len(several) == 2


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_gives_every_variable_that_has_no_default(target: str) -> None:
    stated = hcl2.loads((FOLDER / f"{target}.tfvars").read_text("utf-8"))
    needed = {name for name, body in named("variable").items() if "default" not in body}
    assert needed <= {name for name in stated if name[:2] != "__"} <= set(named("variable"))
    assert bare(stated["target"]) == target
    for body in named("variable").values():
        assert body["type"]
        assert body["description"]


def granted() -> list[tuple[str, str, str]]:
    """Return who has which role on what, in the words of docs/azure.md."""
    table = stated_locals()
    rows = [
        (str(table["who"][bare(row["who"])]), row["role"], table["where"][bare(row["where"])])
        for row in table["roles"]
    ]
    pool = resources()["azurerm_synapse_role_assignment.jobs"]
    rows.append((pool["principal_id"], pool["role_name"], pool["synapse_workspace_id"]))
    return [(in_words(who, WHO), bare(role), in_words(where, WHERE)) for who, role, where in rows]


def in_words(stated: str, words: dict[str, str]) -> str:
    (found,) = (said for key, said in words.items() if key in stated)
    return found


def test_every_role_is_assigned_by_the_table_alone() -> None:
    assigned = {name: body for name, body in resources().items() if "_role_assignment" in name}
    assert sorted(assigned) == [
        "azurerm_role_assignment.this",
        "azurerm_synapse_role_assignment.jobs",
    ]
    stated = assigned["azurerm_role_assignment.this"]
    assert {key: text for key, text in stated.items() if key != "__is_block__"} == OF_EVERY_ROW


def test_the_roles_are_those_of_the_table() -> None:
    page = (REPOSITORY / "docs" / "azure.md").read_text("utf-8")
    table = page.partition("| who | role | on |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    expected = {
        (who, role.partition(" (")[0], where.partition(", ")[0]) for who, role, where in rows
    }
    assert sorted(granted()) == sorted(expected)


def test_an_empty_subscription_is_registered_for_every_service_that_is_used() -> None:
    made = {name.partition(".")[0] for name in resources()} - set(OF_EVERY_SUBSCRIPTION)
    used = {service for kind in made for begin, service in SERVICES.items() if begin in kind}
    provider = named("provider")["azurerm"]
    assert provider["resource_providers_to_register"] == "${local.services}"
    assert set(re.findall(r"[Mm]icrosoft\.\w+", stated_locals()["services"])) == used | BEHIND
    assert len(used) == len(SERVICES)


def test_the_page_registers_what_terraform_registers_but_for_synapse() -> None:
    page = (REPOSITORY / "docs" / "azure.md").read_text("utf-8")
    (loop,) = re.findall(r"^for service in ([^;]+);", page, re.MULTILINE)
    of_synapse = {"Microsoft.Synapse", "Microsoft.Sql"}
    assert {*loop.replace("\\", " ").split()} == {*SERVICES.values(), *BEHIND} - of_synapse


def test_a_role_in_synapse_waits_until_whoever_applies_is_let_in() -> None:
    assigned = resources()["azurerm_synapse_role_assignment.jobs"]
    assert assigned["depends_on"] == ["${azurerm_synapse_firewall_rule.this}"]


def test_a_login_that_azure_makes_up_does_not_replace_the_synapse_workspace() -> None:
    (rule,) = resources()["azurerm_synapse_workspace.this"].get("lifecycle", [{}])
    assert rule.get("ignore_changes") == ["sql_administrator_login"]


def test_no_account_takes_a_key_or_shows_a_blob_to_everybody() -> None:
    accounts = {
        name: body for name, body in resources().items() if "account_replication_type" in body
    }
    assert list(accounts) == ["azurerm_storage_account.this"]
    for account in accounts.values():
        assert account["shared_access_key_enabled"] is False
        assert account["allow_nested_items_to_be_public"] is False


def test_the_lake_has_folders_and_the_workspace_keeps_its_own_in_an_account_without() -> None:
    accounts = resources()["azurerm_storage_account.this"]
    assert accounts["is_hns_enabled"] == "${each.value.folders}"
    folders = {name: stated["folders"] for name, stated in accounts["for_each"].items()}
    assert folders == {"lake": True, "workspace": False}
    users = {
        name: body["storage_account_id"].split('"')[1]
        for name, body in resources().items()
        if "storage_account_id" in body
    }
    assert users == {
        "azurerm_machine_learning_workspace.this": "workspace",
        "azurerm_storage_container.lake": "lake",
        "azurerm_storage_data_lake_gen2_filesystem.synapse": "lake",
    }


def test_every_resource_that_takes_tags_has_them() -> None:
    untagged = {name.partition(".")[0] for name, body in resources().items() if "tags" not in body}
    assert untagged == {
        "azurerm_role_assignment",
        "azurerm_storage_container",
        "azurerm_storage_data_lake_gen2_filesystem",
        "azurerm_synapse_firewall_rule",
        "azurerm_synapse_role_assignment",
    }


def test_the_outputs_are_what_is_pasted_into_dotenv_and_variables() -> None:
    example = (REPOSITORY / ".env.example").read_text("utf-8")
    printed = set(stated_locals()["variables"])
    assert printed == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    own = {"target", "service_connection", "agent_image", "AZURE_CLIENT_ID"}
    for target in TARGETS:
        file = REPOSITORY / "devops_pipelines" / "variables" / f"{target}.yml"
        stated = set(yaml.safe_load(file.read_text("utf-8"))["variables"])
        assert stated - own == printed - {"SYNAPSE_POOL_ID"}
    for name in ("dotenv", "variables"):
        assert "local.variables" in named("output")[name]["value"]


@pytest.mark.parametrize("target", TARGETS)
def test_an_output_is_the_lines_of_a_target_that_are_infrastructure(target: str) -> None:
    made = re.sub(r"(?<!\$)\$\{[^}]+\}", "x", named("output")["target"]["value"])
    printed = yaml.safe_load("\n".join(made.splitlines()[1:-1]).replace("$$", "$"))
    stated: dict[str, Any] = dict(read_document(TARGET_FILES / f"{target}.yml").values)
    assert set(stated) - set(printed) == {"spark", "identity"}, "which choose, and name variables"
    for key, value in printed.items():
        assert isinstance(value, str) or set(value) == set(stated[key])
    assert printed["workspace"]["subscription_id"] == stated["workspace"]["subscription_id"]


def test_a_check_that_is_skipped_says_why() -> None:
    lines = [line for file in FOLDER.glob("*.tf") for line in file.read_text("utf-8").splitlines()]
    skips = [line for line in lines if "checkov:skip" in line]
    assert len(skips) > 5
    pattern = r"  #checkov:skip=CKV2?_AZURE_\d+:\S.{8,}"
    assert [line for line in skips if not re.fullmatch(pattern, line)] == []


def test_terraforms_own_tests_give_every_variable_that_must_be_given_and_mock_what_is_made() -> (
    None
):
    (file,) = (FOLDER / "tests").glob("*.tftest.hcl")
    tested = hcl2.loads(file.read_text("utf-8"))
    variables = {
        bare(name): body
        for kind, block in blocks()
        if kind == "variable"
        for name, body in block.items()
    }
    made = {bare(kind) for found, block in blocks() if found == "resource" for kind in block}
    (given,) = tested["variables"]
    (provider,) = tested["mock_provider"]
    (mocks,) = provider.values()
    given_names = {name for name in given if not name.startswith("__")}
    needed = {name for name, body in variables.items() if "default" not in body}
    assert needed <= given_names <= set(variables)
    assert {bare(kind) for block in mocks["mock_resource"] for kind in block} <= made
