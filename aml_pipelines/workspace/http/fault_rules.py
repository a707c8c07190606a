"""Reads the rules by which requests meet faults."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from aml_pipelines.execution.evictions import EvictionRule
from conf.document import ConfError, Section, read_document

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

Fault = Literal["throttle", "drop", "fail", "slow", "revoke"]
_EVICT = "evict"
_FIELDS = ("fault", "method", "path", "times", "after")
_EVICTION_FIELDS = ("fault", "node", "times", "seconds")


@dataclass(frozen=True)
class FaultRule:
    """A fault for requests of `method` (any, if empty) to paths that match the pattern `path`.

    `times` of them meet it, once `after` others have not: `throttle` is 429, `revoke` 401 with the
    demand for another token, `drop` a connection that ends before the work is done, `fail` a 500
    once it is done, and `slow` an operation that takes a few more polls.
    """

    fault: Fault
    method: str = ""
    path: str = "*"
    times: int = 1
    after: int = 0

    def matches(self, kinds: Collection[Fault], method: str, path: str) -> bool:
        """Return whether a request meets this fault, if it is of `kinds`."""
        is_method = not self.method or method == self.method
        return self.fault in kinds and is_method and fnmatchcase(path, self.path)


class ComingFaults:
    """The faults to come: each request meets the first that it matches, and then no more."""

    def __init__(self, rules: Iterable[FaultRule] = ()) -> None:
        self._rules = list(rules)
        self._lock = threading.Lock()

    @property
    def are_over(self) -> bool:
        return not self._rules

    def plan(self, rule: FaultRule) -> None:
        self._rules.append(rule)

    def take(self, kinds: Collection[Fault], method: str, path: str) -> Fault | None:
        """Return the fault of `kinds` that a request meets now, which is one less to come."""
        with self._lock:
            for at, rule in enumerate(self._rules):
                if not rule.matches(kinds, method, path):
                    continue
                if rule.after:
                    self._rules[at] = replace(rule, after=rule.after - 1)
                    return None
                if rule.times > 1:
                    self._rules[at] = replace(rule, times=rule.times - 1)
                else:
                    del self._rules[at]
                return rule.fault
        return None


class PlannedFaults(NamedTuple):
    """The faults that requests meet, and those that nodes of jobs meet."""

    requests: list[FaultRule]
    evictions: list[EvictionRule]


def read_faults(file: Path | None) -> PlannedFaults:
    """Return the rules in `file`: `rules`, a list of mappings with the fields of FaultRule.

    Where `fault` is evict, they are those of EvictionRule. There are none without a file. Raises
    ConfError for a file that has other things.
    """
    if file is None:
        return PlannedFaults([], [])
    if not file.is_file():
        raise ConfError(f"{file}: there is no such file of faults")
    document = read_document(file).allow("rules")
    items: list[object] = document.value("rules", list)
    planned = PlannedFaults([], [])
    for at, item in enumerate(items):
        section = _section(document, at, item)
        if section.value("fault", str) == _EVICT:
            planned.evictions.append(_eviction(section))
        else:
            planned.requests.append(_rule(section))
    return planned


def _section(document: Section, at: int, item: object) -> Section:
    if not isinstance(item, dict):
        raise ConfError(f"{document.where_of('rules')}: rule {at + 1} is no mapping")
    return Section(item, document.file, ("rules", f"rule {at + 1}"), document.lines)


def _eviction(section: Section) -> EvictionRule:
    section.allow(*_EVICTION_FIELDS)
    rule = EvictionRule(
        section.value("node", str, "*"),
        section.value("times", int, 1),
        section.value("seconds", float, 1.0),
    )
    if rule.times < 1 or rule.seconds < 0:
        raise ConfError(f"{section.where}: 'times' is a number from 1, and 'seconds' from 0")
    return rule


def _rule(section: Section) -> FaultRule:
    section.allow(*_FIELDS)
    named = section.choice("fault", (*get_args(Fault), _EVICT))
    (fault,) = [fault for fault in get_args(Fault) if fault == named]
    times, after = section.value("times", int, 1), section.value("after", int, 0)
    if times < 1 or after < 0:
        raise ConfError(f"{section.where}: 'times' is a number from 1, and 'after' from 0")
    return FaultRule(
        fault, section.value("method", str, ""), section.value("path", str, "*"), times, after
    )
