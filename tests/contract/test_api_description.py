"""The description of the API that bodies are checked against is the client's own."""

from __future__ import annotations

import pytest

from aml_pipelines.workspace.http import schema_additions
from aml_pipelines.workspace.http.schema_source import FILE
from tests.contract.api_description import description, written

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore"),  # importing the SDK warns of marshmallow and urllib3
]


def test_the_file_is_what_the_clients_models_say() -> None:
    says = "write it anew: python -m tests.contract.api_description"
    assert FILE.read_text(encoding="utf-8") == written(), says


def test_what_is_added_is_not_in_the_description() -> None:
    described = description()
    models, enums = described["models"], described["enums"]
    ours = schema_additions.MODELS
    of_others = {name for name in schema_additions.FIELDS if name not in models}
    assert not of_others
    assert not set(ours) & set(models)
    assert not set(schema_additions.ENUMS) & set(enums)
    for name, fields in schema_additions.FIELDS.items():
        there = models[name]["fields"]
        assert not {field for field, kind in fields.items() if there.get(field) == kind}, name
    for name, subtypes in schema_additions.SUBTYPES.items():
        assert not set(subtypes) & set(models[name]["subtypes"])
        assert set(subtypes.values()) <= set(ours)
