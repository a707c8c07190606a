"""Specifications of components: in the form in which Azure answers them, and compared by content.

The form is that of recorded sessions of the service: Azure/azure-sdk-assets, folder `component`.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.fields import mapping, mapping_in

if TYPE_CHECKING:
    from collections.abc import Mapping

Spec = dict[str, object]
# The words of a version, which may change. The client sends them inside of the specification.
WORDS = ("description", "display_name", "tags")
# What clients add of where they have it from, which is no content.
_ORIGIN = ("_source", "sourceJobId", "id", "creation_context")
# Clients write them in lower case, the service not.
_DISTRIBUTIONS = {"mpi": "Mpi", "pytorch": "Pytorch", "tensorflow": "TensorFlow"}
_CURATED = re.compile(r"azureml:(AzureML-[^:@/]+):([^:@/]+)")


def answered_spec(spec: Mapping[str, object], version: str = "") -> Spec:
    """Return `spec` as Azure answers it, with the server's `version` where it has none."""
    answer = _in_text(spec, without=(*_ORIGIN, "jobs"))
    if version:
        answer.setdefault("version", version)
    if "jobs" in spec:
        answer.setdefault("is_deterministic", "False")
    if answer.get("command"):
        answer["resources"] = {"instance_count": "1", **mapping_in(answer, "resources")}
    elif mapping_in(answer, "task"):  # it has the work of each mini-batch
        answer.pop("resources", None)
    if distribution := mapping_in(answer, "distribution"):
        kind = distribution.get("type")
        spelt = _DISTRIBUTIONS.get(str(kind).lower(), kind)
        answer["distribution"] = {**distribution, "type": spelt}
    for ports, shape in (("inputs", _input), ("outputs", _output)):
        if ports in answer:
            named = mapping_in(answer, ports).items()
            answer[ports] = {name: shape(mapping(port)) for name, port in named}
    return _with_registry(answer)


def with_words(spec: Mapping[str, object], words: Mapping[str, object]) -> Spec:
    """Return `spec` with the words of the specification `words` in place of its own."""
    kept = {name: value for name, value in spec.items() if name not in WORDS}
    return {**kept, **{name: words[name] for name in WORDS if words.get(name)}}


def is_same_content(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Return whether `after` is the content of `before`, in this form or in the answered one."""
    # Clients send back what they were answered: to archive a version, or to change its words.
    return _content(after) in (_content(before), _content(answered_spec(before)))


def content_id(spec: Mapping[str, object]) -> str:
    """Return a GUID that only specifications of this content have, words and names included."""
    content = json.dumps(_in_text(spec, without=_ORIGIN), sort_keys=True)
    return str(uuid.uuid5(uuid.NAMESPACE_OID, content))


def _content(spec: Mapping[str, object]) -> Spec:
    return _in_text(spec, without=(*_ORIGIN, *WORDS, "version"))


def _in_text(fields: Mapping[str, object], without: tuple[str, ...] = ()) -> Spec:
    """Return `fields` with every scalar as text, and no nulls: so has the service them."""
    return {
        name: _text(value)
        for name, value in fields.items()
        if value is not None and name not in without
    }


def _text(value: object) -> object:
    if isinstance(value, dict):
        return _in_text(value)
    if isinstance(value, list):
        return [_text(item) for item in value]
    return str(value)


def _input(port: Mapping[str, object]) -> Spec:
    kept = {name: value for name, value in port.items() if name != "mode"}
    default = kept.get("default")
    if isinstance(default, str):
        kept["default"] = default.removeprefix("azureml:")
    return {"optional": "False", **kept}


def _output(port: Mapping[str, object]) -> Spec:
    renamed = {"is_control": "early_available"}
    return {renamed.get(name, name): value for name, value in port.items() if name != "mode"}


def _with_registry(answer: Spec) -> Spec:
    """Name curated environments by their registry, in a component or in its task."""
    environment = answer.get("environment")
    curated = _CURATED.fullmatch(environment) if isinstance(environment, str) else None
    if curated:
        name, version = curated.groups()
        registry = f"azureml://registries/azureml/environments/{name}/versions/{version}"
        answer["environment"] = registry
    if "task" in answer and isinstance(answer["task"], dict):
        answer["task"] = _with_registry(answer["task"])
    return answer
