"""A value is text wherever it stands in a command; the shell never runs any of it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aml_pipelines.pipeline.shell import (
    UnquotableError,
    resolved_arguments,
    resolved_command,
)

HOSTILE = st.text(alphabet="a '\"\\$()`;&|<>#*!{}~\n", max_size=20)
PLACES = [
    "printf %s ${{x}}",
    'printf %s "${{x}}"',
    "printf %s '${{x}}'",
    'printf %s "$(printf %sE ${{x}})"',
    "printf %s \"$(printf %sE '${{x}}')\"",
    "(printf %s ${{x}})",
    "echo \"it's\" >/dev/null # it's\nprintf %s ${{x}}",
]


@pytest.mark.parametrize("template", PLACES)
@settings(max_examples=40, deadline=None)
@given(value=HOSTILE)
def test_bash_prints_exactly_the_value(template: str, value: str) -> None:
    command = resolved_command(template, lambda _: value)
    ran = subprocess.run(["/bin/bash", "-c", command], capture_output=True, check=True)
    expected = f"{value}E" if "%sE" in template else value
    assert ran.stdout.decode() == expected


@pytest.mark.parametrize("template", ["echo `${{x}}`", "cat <<E\n${{x}}\nE", "true # ${{x}}"])
def test_a_value_that_no_quotes_protect_is_refused_unless_it_is_harmless(template: str) -> None:
    with pytest.raises(UnquotableError, match="shell characters"):
        resolved_command(template, lambda _: "$(date)")
    assert "data/2013.csv" in resolved_command(template, lambda _: "data/2013.csv")


@given(HOSTILE)
def test_an_argument_is_never_split(value: str) -> None:
    template = '--a ${{x}} --b="in ${{x}}" $[[--c ${{none}}]]'
    values = {"x": value, "none": None}
    arguments = resolved_arguments(template, lambda reference: values[reference.path])
    assert arguments == ["--a", value, f"--b=in {value}"]
