"""The order in which related datasets are cleaned: those that foreign keys refer to come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.dataset import DATASETS
from conf.document import ConfError, read_document
from conf.table_rules import ForeignKey, of_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conf.dataset import Dataset


def cleaning_order(contracts: Mapping[str, Dataset]) -> list[tuple[str, ...]]:
    """Return the names of datasets in groups: each needs none but those of the groups before it.

    Raises ConfError for foreign keys to datasets that are not among them, or that go in a circle.
    """
    _require_known(contracts)
    needs = {name: _needed_by(contract) for name, contract in contracts.items()}
    groups: list[tuple[str, ...]] = []
    while needs:
        ready = tuple(name for name, needed in needs.items() if not needed & needs.keys())
        if not ready:
            raise ConfError(
                f"datasets {sorted(needs)}: their foreign keys go in a circle, so that none can be "
                "cleaned first; leave one of them out"
            )
        groups.append(ready)
        needs = {name: needed for name, needed in needs.items() if name not in ready}
    return groups


def foreign_key_problems(contracts: Mapping[str, Dataset]) -> list[str]:
    """Return, with file and line, what is wrong with the foreign keys of datasets cleaned at once.

    `contracts` has the dataset of a pipeline and those related to it.
    """
    problems = []
    for contract in contracts.values():
        found = list(_problems(contract, contracts))
        if found:
            rules = read_document(DATASETS / f"{contract.name}.yml").section("table_rules")
            problems += [f"{rules.where_of(rule)}: {rule!r} {problem}" for rule, problem in found]
    if not problems:
        try:
            cleaning_order(contracts)
        except ConfError as error:
            problems += error.problems
    return problems


def _needed_by(contract: Dataset) -> set[str]:
    return {key.dataset for key in of_kind(contract.table_rules, ForeignKey).values()}


def _require_known(contracts: Mapping[str, Dataset]) -> None:
    problems = [
        f"conf/datasets/{contract.name}.yml: table_rules: {rule!r} {problem}"
        for contract in contracts.values()
        for rule, problem in _problems(contract, contracts)
    ]
    if problems:
        raise ConfError(*problems)


def _problems(contract: Dataset, contracts: Mapping[str, Dataset]) -> Iterator[tuple[str, str]]:
    """Yield foreign keys that cannot be looked at, with the reason."""
    for name, key in of_kind(contract.table_rules, ForeignKey).items():
        if key.dataset in contracts:
            yield from ((name, problem) for problem in _mismatches(contract, key, contracts))
        else:
            asked = next(iter(contracts))
            problem = f"refers to dataset {key.dataset!r}, which is not cleaned with {asked!r}"
            yield name, f"{problem}; add it to 'related' of {asked!r}"


def _mismatches(
    contract: Dataset, key: ForeignKey, contracts: Mapping[str, Dataset]
) -> Iterator[str]:
    other = contracts[key.dataset]
    unknown = sorted({*key.references} - {*other.column_names})
    if unknown:
        yield f"refers to {unknown}; the columns of {other.name!r} are {list(other.column_names)}"
        return
    for column, reference in zip(key.columns, key.references, strict=True):
        own, theirs = contract.column(column).type, other.column(reference).type
        if own != theirs:
            yield (
                f"refers from {column!r}, a {own}, to {reference!r} of {other.name!r}, a {theirs}; "
                "give both one type"
            )
