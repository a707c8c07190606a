"""The fields of a pipeline's YAML, each read as its type or reported with its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aml_pipelines.errors import PipelineError
from conf.yaml_lines import TEXT_TO_BOOLEAN, Entry, Place, YamlError, read_entries

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.problems import Problems

__all__ = ["Entry", "Fields", "Scalar", "read_fields"]
Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Fields:
    """The keys of one mapping; a value of the wrong type is reported, and read as empty."""

    entries: Mapping[str, Entry]
    place: Place
    problems: Problems

    def only(self, known: tuple[str, ...], owner: str) -> None:
        """Report keys that `owner` cannot have."""
        for name, entry in self.entries.items():
            if name in known:
                continue
            self.problems.add(
                entry.place,
                f"{owner} has no field {name!r}; its fields are {', '.join(known)}",
            )

    def note_others(self, known: tuple[str, ...], owner: str) -> None:
        """Say which keys change nothing, where Azure keeps keys of one's own."""
        for name, entry in self.entries.items():
            if name not in known:
                reason = f"{owner} has no field {name!r}: it changes nothing"
                self.problems.note(entry.place, reason)

    def check_word(self, name: str, word: str, known: Collection[str], says: str) -> bool:
        """Report a `word` of the field `name` that is none of `known`; return whether it is one."""
        if word not in known:
            self.problems.add(self.place_of(name), f"{says}; it is one of {', '.join(known)}")
        return word in known

    def check_names(self, names: re.Pattern[str], what: str, rule: str) -> None:
        """Report keys that are no `names` of a `what`: they become names of files and in shells."""
        for name, entry in self.entries.items():
            if not names.fullmatch(name):
                self.problems.add(entry.place, f"{name[:80]!r} names no {what}: a name is {rule}")

    def _take(self, name: str, kinds: tuple[str, ...]) -> Entry | None:
        entry = self.entries.get(name)
        if entry is None or entry.value is None:
            return None
        if entry.kind not in kinds:
            self.problems.add(
                entry.place, f"{name!r} is of the kind {entry.kind}; it takes {' or '.join(kinds)}"
            )
            return None
        return entry

    def text(self, name: str) -> str:
        """Return a text; a number counts as one, and a missing field is empty."""
        entry = self._take(name, ("text", "integer", "number"))
        return "" if entry is None else str(entry.value)

    def whole(self, name: str, *, minimum: int) -> int | None:
        """Return a whole number, which may be written as a text; None for a missing field."""
        text = self.text(name)
        try:
            # A duration of a request is a number with a point.
            number = int(text.removesuffix(".0")) if text else None
        except ValueError:
            number = minimum - 1
        if number is not None and number < minimum:
            self.problems.add(
                self.place_of(name), f"{name} is {text!r}; it is a whole number from {minimum}"
            )
            return None
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        entry = self._take(name, ("boolean",))
        return default if entry is None else bool(entry.value)

    def scalar(self, name: str) -> Scalar:
        entry = self._take(name, ("text", "integer", "number", "boolean"))
        return None if entry is None else cast("Scalar", entry.value)

    def mapping(self, name: str) -> Fields:
        """Return a nested mapping; a missing one is empty."""
        entry = self._take(name, ("mapping",))
        return (
            Fields({}, self.place_of(name), self.problems) if entry is None else self.under(entry)
        )

    def items(self, name: str) -> tuple[Entry, ...]:
        """Return a list; a missing one is empty."""
        entry = self._take(name, ("list",))
        return () if entry is None else cast("tuple[Entry, ...]", entry.value)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(str(item.value) for item in self.items(name))

    def under(self, entry: Entry) -> Fields:
        """Return the fields of `entry`, which must be a mapping."""
        return Fields(cast("Mapping[str, Entry]", entry.value), entry.place, self.problems)

    def only_of(self, names: tuple[str, ...]) -> Fields:
        """Return those of these fields that are there."""
        there = {name: entry for name, entry in self.entries.items() if name in names}
        return Fields(there, self.place, self.problems)

    def place_of(self, name: str) -> Place:
        """Return the line of `name`, or that of its mapping when it is missing."""
        return self.entries[name].place if name in self.entries else self.place


def read_fields(file: Path, problems: Problems) -> Fields:
    """Return the fields in `file`; raises PipelineError when it has none."""
    try:
        entry = read_entries(file, scalars=TEXT_TO_BOOLEAN, report=problems.add)
    except OSError as error:
        raise PipelineError(f"{file}: cannot be read: {error.strerror}") from error
    except YamlError as error:
        raise PipelineError(str(error)) from error
    if not isinstance(entry.value, dict):
        raise PipelineError(
            f"{file}:1: holds no fields; it begins with a line such as 'type: pipeline'"
        )
    return Fields(entry.value, entry.place, problems)
