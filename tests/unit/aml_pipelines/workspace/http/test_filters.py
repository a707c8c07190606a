"""Lists that are filtered by what resources have in their properties."""

from __future__ import annotations

import pytest
from flask import Flask

from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.filters import asked_properties, has_properties


def asked(query: str) -> dict[str, str]:
    with Flask(__name__).test_request_context(f"/{query}"):
        return dict(asked_properties())


def test_a_resource_is_shown_that_has_all_of_the_properties_that_are_asked_for() -> None:
    wanted = asked("?properties=color=blue,size=2")
    assert wanted == {"color": "blue", "size": "2"}
    assert has_properties({"color": "blue", "size": 2, "more": "x"}, wanted)
    assert not has_properties({"color": "blue"}, wanted)
    assert has_properties({}, asked(""))


def test_properties_of_another_form_are_refused() -> None:
    with pytest.raises(ArmError, match="properties is 'color'; it is NAME=VALUE"):
        asked("?properties=color")
