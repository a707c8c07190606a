"""The search space of a sweep: a distribution for each of its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.yaml_lines import Fields, Scalar

_BETWEEN, _AROUND = ("min_value", "max_value"), ("mu", "sigma")
CHOICE = "choice"
# The numbers of each distribution, in the order in which a request lists them.
NUMBERS: Mapping[str, tuple[str, ...]] = {
    "uniform": _BETWEEN,
    "loguniform": _BETWEEN,
    "quniform": (*_BETWEEN, "q"),
    "qloguniform": (*_BETWEEN, "q"),
    "normal": _AROUND,
    "lognormal": _AROUND,
    "qnormal": (*_AROUND, "q"),
    "qlognormal": (*_AROUND, "q"),
    "randint": ("upper",),
}


@dataclass(frozen=True)
class Distribution:
    """What a parameter's values are drawn from: one of `values`, or numbers of some `kind`."""

    kind: str
    numbers: tuple[float, ...] = ()
    values: tuple[Scalar, ...] = ()


def read_search_space(fields: Fields) -> dict[str, Distribution]:
    """Return the distribution of each parameter; report what is none."""
    space = {}
    for name, entry in fields.entries.items():
        found = None
        if entry.kind == "mapping":
            found = _distribution(name, fields.under(entry))
        else:
            fields.problems.add(entry.place, f"search_space.{name} is no mapping with a 'type'")
        if found:
            space[name] = found
    return space


def _distribution(name: str, fields: Fields) -> Distribution | None:
    kind = fields.text("type").lower()
    if kind == CHOICE:
        return _choice(name, fields)
    says = f"search_space.{name} has the type {kind!r}"
    if not fields.check_word("type", kind, (CHOICE, *NUMBERS), says):
        return None
    fields.only(("type", *NUMBERS[kind]), f"search_space.{name}")
    numbers = [_number(name, key, fields) for key in NUMBERS[kind]]
    if any(number is None for number in numbers):
        return None
    distribution = Distribution(kind, cast("tuple[float, ...]", tuple(numbers)))
    wrong = _wrong(distribution)
    if wrong:
        fields.problems.add(fields.place, f"search_space.{name} {wrong}")
        return None
    return distribution


def _choice(name: str, fields: Fields) -> Distribution | None:
    fields.only(("type", "values"), f"search_space.{name}")
    values = fields.items("values")
    if not values:
        fields.problems.add(fields.place, f"search_space.{name} has no 'values' to choose from")
        return None
    nested = [item for item in values if item.kind in ("mapping", "list")]
    if nested:
        fields.problems.add(
            nested[0].place,
            f"search_space.{name} chooses among search spaces, which is not run here; "
            "its values are texts and numbers",
        )
        return None
    return Distribution(CHOICE, values=tuple(cast("Scalar", item.value) for item in values))


def _number(name: str, key: str, fields: Fields) -> float | None:
    value = fields.scalar(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    fields.problems.add(
        fields.place_of(key), f"search_space.{name}.{key} is {value!r}; it is a number"
    )
    return None


def _wrong(distribution: Distribution) -> str:
    numbers = dict(zip(NUMBERS[distribution.kind], distribution.numbers, strict=True))
    if "max_value" in numbers and numbers["min_value"] >= numbers["max_value"]:
        return "has a min_value that is not below its max_value"
    for key in ("sigma", "q", "upper"):
        if key in numbers and numbers[key] <= 0:
            return f"has a {key} that is not above 0"
    return ""
