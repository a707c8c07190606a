"""A component's command line has a flag for each parameter of its script's main."""

from __future__ import annotations

import pytest

from conf.arguments import arguments


def train(*, model_name: str, slot: int, report: str | None = None) -> None:
    """Stand for a script's main, which is called with what its flags say."""


def test_a_flag_has_the_name_and_the_type_of_its_parameter() -> None:
    parsed = arguments(train).parse_args(["--model_name", "late", "--slot", "2", "--report", "/r"])
    assert vars(parsed) == {"model_name": "late", "slot": 2, "report": "/r"}


def test_a_flag_may_be_left_out_where_its_parameter_has_a_default() -> None:
    parsed = arguments(train).parse_args(["--model_name", "late", "--slot", "2"])
    assert vars(parsed) == {"model_name": "late", "slot": 2, "report": None}


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--model_name", "late"], "the following arguments are required: --slot"),
        (["--model_name", "late", "--slot", "two"], "argument --slot: invalid int value: 'two'"),
        (["--model_name", "late", "--slot", "2", "--seed", "1"], "unrecognized arguments: --seed"),
    ],
)
def test_what_main_does_not_take_ends_with_a_line_that_says_so(
    flags: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        arguments(train).parse_args(flags)
    assert complaint in capsys.readouterr().err


def test_the_help_is_the_first_line_of_the_script() -> None:
    assert arguments(train).description == __doc__


def test_a_parameter_that_no_command_line_can_pass_is_a_defect_of_the_script() -> None:
    def clean(*, is_strict: bool) -> None:
        """Stand for a main with a boolean, whose text "false" would be true."""

    with pytest.raises(TypeError, match="parameter 'is_strict' of main is of <class 'bool'>"):
        arguments(clean)
