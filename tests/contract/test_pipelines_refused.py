"""What Azure Pipelines would refuse is refused, and said where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.pipelines_stated import ExpansionError
from tests.contract.pipelines_written import expanded

if TYPE_CHECKING:
    from pathlib import Path

# One a document: what is wrong with it, and what is said of it.
REFUSED = """\
# a parameter is lacking: greet.yml: gives [], which it has not, or lacks ['who']
steps: [{template: greet.yml}]
---
# nobody declared the parameter: greet.yml: gives ['whom'], which it has not
steps: [{template: greet.yml, parameters: {who: Ada, whom: Bo}}]
---
# a number is given for a text: greet.yml: 'who' is 3: another type
steps: [{template: greet.yml, parameters: {who: 3}}]
---
# a text is given for a number: greet.yml: 'times' is 'two': another type
steps: [{template: greet.yml, parameters: {who: Ada, times: two}}]
---
# a truth is given for a number: greet.yml: 'times' is True: another type
steps: [{template: greet.yml, parameters: {who: Ada, times: true}}]
---
# a text is given for steps: greet.yml: 'before' is 'knock': another type
steps: [{template: greet.yml, parameters: {who: Ada, before: knock}}]
---
# texts are given for steps: greet.yml: 'before' is ['knock']: another type
steps: [{template: greet.yml, parameters: {who: Ada, before: [knock]}}]
---
# none of the values is given: greet.yml: 'tone' is 'loud', none of ['kind', 'stern']
steps: [{template: greet.yml, parameters: {who: Ada, tone: loud}}]
---
# there is no such template: pipeline.yml: there is no template 'nowhere.yml'
steps: [{template: nowhere.yml}]
---
# a template of steps stands among jobs: 'greet.yml' has ['steps'] among 'jobs'
jobs: [{template: greet.yml, parameters: {who: Ada}}]
---
# a template has a condition: template with ['condition']
steps: [{template: greet.yml, parameters: {who: Ada}, condition: always()}]
---
# a default is of another type: 'a' is 'one': another type
parameters: [{name: a, type: object, default: one}]
---
# a default is none of the values: 'a' is 'c', none of ['b']
parameters: [{name: a, type: string, default: c, values: [b]}]
---
# there is no such type: parameters of type 'text' are not read here
parameters: [{name: a, type: text, default: one}]
---
# a parameter has no type: {'name': 'a'} declares no parameter
parameters: [{name: a}]
---
# a declaration is misspelt: 'defalt': 'b'} declares no parameter
parameters: [{name: a, type: string, defalt: b}]
---
# a parameter is declared twice: declares no parameter, or one twice
parameters: [{name: a, type: string, default: b}, {name: a, type: string, default: c}]
---
# parameters are no list: {'a': 'b'} declares no parameter
parameters: {a: b}
---
# a name is not declared: 'parameters.a' is neither declared nor read here
steps: [{script: "${{ parameters.a }}"}]
---
# an expression has no end: '${{ parameters.a' is not read here
steps: [{script: "${{ parameters.a"}]
---
# a list stands within a text: 'parameters.a' is no text: [1]
parameters: [{name: a, type: object, default: [1]}]
steps: [{script: "say ${{ parameters.a }}"}]
---
# lists are compared: 'parameters.a' is no text: [1]
parameters: [{name: a, type: object, default: [1]}]
steps: [{"${{ if eq(parameters.a, '1') }}": []}]
---
# each goes over a text: 'b' stands in a list and is none
parameters: [{name: a, type: string, default: b}]
steps: [{"${{ each c in parameters.a }}": []}]
---
# each goes over keys: {'b': 'c'} stands in a list and is none
parameters: [{name: a, type: object, default: {b: c}}]
steps: [{"${{ each d in parameters.a }}": []}]
---
# what each repeats is no list: {'script': 'd'} stands in a list and is none
parameters: [{name: a, type: object, default: [b]}]
steps: [{"${{ each c in parameters.a }}": {script: d}}]
---
# an item of each is named after it: 'c' is neither declared nor read here
parameters: [{name: a, type: object, default: [b]}]
steps: [{"${{ each c in parameters.a }}": []}, {script: "${{ c }}"}]
---
# else has no if: 'else' is not read here
steps: [{"${{ else }}": []}]
---
# elseif has no if: "elseif eq('a', 'b')" is not read here
steps: [{"${{ elseif eq('a', 'b') }}": []}]
---
# else follows a step: 'else' is not read here
steps: [{"${{ if eq('a', 'b') }}": []}, {script: c}, {"${{ else }}": []}]
---
# else follows else: 'else' is not read here
steps: [{"${{ if eq('a', 'b') }}": []}, {"${{ else }}": []}, {"${{ else }}": []}]
---
# else follows a key: 'else' is not read here
pool: {"${{ if eq('a', 'b') }}": {}, vmImage: c, "${{ else }}": {}}
---
# a function is not known: "if in('a', 'b')" is not read here
steps: [{"${{ if in('a', 'b') }}": []}]
---
# a choice among keys has none: ['b'] stands among keys and has none
pool: {"${{ if eq('a', 'b') }}": [b]}
---
# an expression is part of a key: the key 'vm${{ parameters.a }}' is not read here
pool: {"vm${{ parameters.a }}": b}
---
# a key is stated twice: ['vmImage'] are stated twice
pool: {vmImage: a, vmImage: b}
---
# a choice states a key again: ['vmImage'] are stated twice
pool: {vmImage: a, "${{ if eq('a', 'a') }}": {vmImage: b}}
---
# a field of a pipeline is misspelt: 'stegs' of the pipeline: not read here
stegs: []
---
# a field of a step is misspelt: 'condtion' of script 'a': not read here
steps: [{script: a, condtion: always()}]
---
# a field of a job is misspelt: 'timeoutInMinute' of job 'a': not read here
jobs: [{job: a, timeoutInMinute: 5}]
---
# a field of a stage is misspelt: 'depends' of stage 'a': not read here
stages: [{stage: a, depends: []}]
---
# a step does nothing: 'displayName' among steps
steps: [{displayName: a}]
---
# a step is a text: 'make' among steps
steps: [make]"""
CASES = [case.partition("\n") for case in REFUSED.split("\n---\n")]


@pytest.mark.parametrize(
    ("header", "stated"),
    [pytest.param(header, stated, id=header.partition(":")[0][2:]) for header, _, stated in CASES],
)
def test_what_azure_pipelines_would_refuse_is_refused(
    header: str, stated: str, tmp_path: Path
) -> None:
    with pytest.raises(ExpansionError) as refused:
        expanded(tmp_path, stated)
    assert header.partition(": ")[2] in str(refused.value)
