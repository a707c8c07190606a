"""Every component declares what its script takes, and Spark components agree with each other."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

import pytest

from conf.arguments import arguments
from spark_jobs.session import SETTINGS
from tests.contract.files import COMPONENTS, components_of, read_yaml, script_of, short_name

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

SIZING = {
    "spark.driver.cores",
    "spark.driver.memory",
    "spark.executor.cores",
    "spark.executor.memory",
    "spark.executor.instances",
}
FLAG = re.compile(r"--(\w+) \$\{\{(inputs|outputs)\.(\w+)\}\}")
# Loading a script imports Azure's SDK, which warns of its own libraries.
loads_scripts = [pytest.mark.sdk, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def command_of(component: Path) -> str:
    stated = read_yaml(component)
    return str(stated["args"] if stated["type"] == "spark" else stated["command"])


def declared(component: Path) -> set[str]:
    stated = read_yaml(component)
    return {*stated["inputs"], *stated["outputs"]}


def load_parser(script: Path) -> argparse.ArgumentParser:
    """Load a script by its path, as the snapshot holds it, and give its parser."""
    spec = spec_from_file_location(f"script_{script.stem}", script)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return arguments(module.main)


def flags_of(parser: argparse.ArgumentParser, *, required: bool) -> set[str]:
    return {
        action.dest
        for action in parser._actions  # noqa: SLF001 # argparse has no public list of its flags
        if action.dest != "help" and action.required is required
    }


@pytest.mark.parametrize("component", COMPONENTS, ids=short_name)
def test_a_command_gives_each_declared_input_and_output_under_its_own_name(component: Path) -> None:
    command, stated = command_of(component), read_yaml(component)
    flags = FLAG.findall(command)
    assert sorted((kind, name) for _, kind, name in flags) == sorted(
        (kind, name) for kind in ("inputs", "outputs") for name in stated[kind]
    )
    assert [flag for flag, _, _ in flags] == [name for _, _, name in flags]
    assert len(flags) == command.count("--") == command.count("${{")


@pytest.mark.parametrize(
    "component", [pytest.param(c, marks=loads_scripts) for c in COMPONENTS], ids=short_name
)
def test_a_component_declares_what_its_script_takes(component: Path) -> None:
    parser = load_parser(script_of(component))
    required, optional = (flags_of(parser, required=needed) for needed in (True, False))
    assert required <= declared(component) <= required | optional


@pytest.mark.parametrize(
    "script",
    [pytest.param(s, marks=loads_scripts) for s in sorted({script_of(c) for c in COMPONENTS})],
    ids=short_name,
)
def test_a_script_takes_no_flag_that_no_component_gives(script: Path) -> None:
    parser = load_parser(script)
    given = {name for c in COMPONENTS if script_of(c) == script for name in declared(c)}
    assert given == flags_of(parser, required=True) | flags_of(parser, required=False)


@pytest.mark.parametrize("component", COMPONENTS, ids=short_name)
def test_what_writes_the_lake_or_asks_the_registry_is_never_reused(component: Path) -> None:
    stated = read_yaml(component)
    # Files by their names: what is in them may change.
    is_lasting = {"lake", "files"} & set(stated["inputs"])
    asks_registry = "assets.client" in script_of(component).read_text(encoding="utf-8")
    assert stated["is_deterministic"] is not bool(is_lasting or asks_registry)


@pytest.mark.parametrize("component", components_of("spark"), ids=short_name)
def test_a_spark_component_states_exactly_the_settings_of_the_session(component: Path) -> None:
    conf = read_yaml(component)["conf"]
    assert set(conf) >= SIZING
    assert {name: value for name, value in conf.items() if name not in SIZING} == SETTINGS


@pytest.mark.parametrize("component", components_of("spark"), ids=short_name)
def test_a_spark_component_gets_and_makes_data_by_its_address(component: Path) -> None:
    stated = read_yaml(component)
    ports = {**stated["inputs"], **stated["outputs"]}
    modes = {name: port.get("mode") for name, port in ports.items() if port["type"] != "string"}
    assert modes == dict.fromkeys(modes, "direct")
