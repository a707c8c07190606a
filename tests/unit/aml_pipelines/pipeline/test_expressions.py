"""Every reference of an expression is found, and nothing else changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aml_pipelines.pipeline.expressions import Reference, kept_parts, references, whole_reference

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
PLAIN = st.text(alphabet=st.characters(exclude_characters="$[]{}", codec="utf-8"), max_size=12)


@given(st.lists(st.tuples(PLAIN, NAMES)), PLAIN)
def test_every_reference_is_found_in_its_order(pieces: list[tuple[str, str]], end: str) -> None:
    text = "".join(f"{plain}${{{{inputs.{name}}}}}" for plain, name in pieces) + end
    assert [reference.path for reference in references(text)] == [
        f"inputs.{name}" for _, name in pieces
    ]


@given(PLAIN)
def test_text_without_a_reference_stays_as_it_is(text: str) -> None:
    assert "".join(map(str, kept_parts(text, lambda _: False))) == text


def test_an_optional_group_goes_when_one_of_its_references_has_no_value() -> None:
    text = "run $[[--a ${{inputs.a}} --b ${{inputs.b}}]]$[[ --c ${{inputs.c}}]] end"
    kept = list(kept_parts(text, lambda reference: reference.path != "inputs.b"))
    assert kept == ["run ", " --c ", Reference("inputs.c", is_optional=True), " end"]


def test_a_binding_is_a_reference_only_when_it_stands_alone() -> None:
    assert whole_reference(" ${{ parent.inputs.raw }} ") == Reference("parent.inputs.raw")
    assert whole_reference("${{parent.inputs.raw}}/sub") is None
    assert whole_reference(5) is None
