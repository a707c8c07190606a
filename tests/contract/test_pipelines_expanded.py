"""Templates expand to what Azure Pipelines would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.pipelines_written import MAIN, expanded

if TYPE_CHECKING:
    from pathlib import Path


def test_each_repeats_its_steps_with_every_item_and_the_items_around_it(tmp_path: Path) -> None:
    stated = """
        parameters:
          - {name: towns, type: object, default: [oslo, rome]}
          - {name: years, type: object, default: [2012, 2013]}
        steps:
          - script: begin
          - ${{ each town in parameters.towns }}:
              - ${{ each year in parameters.years }}:
                  - script: weigh ${{ town }} ${{ year }}
          - script: end
    """
    assert expanded(tmp_path, stated) == {
        "steps": [
            {"script": "begin"},
            {"script": "weigh oslo 2012"},
            {"script": "weigh oslo 2013"},
            {"script": "weigh rome 2012"},
            {"script": "weigh rome 2013"},
            {"script": "end"},
        ]
    }


CHOICE_OF_STEPS = """
    parameters:
      - {name: size, type: string}
    steps:
      - ${{ if eq(parameters.size, 'small') }}:
          - script: walk
      - ${{ elseif eq(parameters.size, 'big') }}:
          - script: drive
          - script: park
      - ${{ else }}:
          - script: ride
"""


@pytest.mark.parametrize(
    ("size", "scripts"),
    [
        ("small", ["walk"]),
        ("SMALL", ["walk"]),  # Azure Pipelines compares without case
        ("big", ["drive", "park"]),
        ("other", ["ride"]),
    ],
)
def test_one_branch_of_a_choice_is_taken(size: str, scripts: list[str], tmp_path: Path) -> None:
    steps = [{"script": script} for script in scripts]
    assert expanded(tmp_path, CHOICE_OF_STEPS, size=size) == {"steps": steps}


@pytest.mark.parametrize(("branch", "image"), [(MAIN, "big"), ("refs/heads/x", "small")])
def test_a_choice_among_keys_follows_the_branch(branch: str, image: str, tmp_path: Path) -> None:
    stated = """
        pool:
          ${{ if ne(variables['Build.SourceBranch'], 'refs/heads/main') }}:
            vmImage: small
          ${{ else }}:
            vmImage: big
        steps: []
    """
    assert expanded(tmp_path, stated, branch=branch) == {"pool": {"vmImage": image}, "steps": []}


@pytest.mark.parametrize(("branch", "image"), [(MAIN, "big"), ("refs/heads/x", "small")])
def test_a_variable_of_the_pipeline_is_known_before_it_runs(
    branch: str, image: str, tmp_path: Path
) -> None:
    stated = """
        variables:
          ${{ if eq(variables['Build.SourceBranch'], 'refs/heads/main') }}:
            image: big
          ${{ else }}:
            image: small
        pool: {vmImage: "${{ variables.image }}"}
    """
    found = expanded(tmp_path, stated, branch=branch)
    assert found == {"variables": {"image": image}, "pool": {"vmImage": image}}


def test_a_template_gets_its_parameters_with_their_types_and_its_steps(tmp_path: Path) -> None:
    stated = """
        parameters:
          - {name: times, type: number, default: 3}
        steps:
          - template: greet.yml
            parameters:
              who: Ada
              times: ${{ parameters.times }}
              before: [{script: knock}]
    """
    assert expanded(tmp_path, stated) == {
        "steps": [{"script": "knock"}, {"script": "greet Ada 3 kind"}]
    }
