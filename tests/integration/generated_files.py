"""Raw files that are made up for a contract, and what of them can be told without reading them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

# Texts of each type: at its limits, beyond them, and in another notation.
VALUES = {
    "int": ["0", "-0", "+5", "007", "2147483647", "2147483648", "-2147483648", "1.0", "1e2", "٣"],
    "long": ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "5", "1.234"],
    "double": ["1.5", "1e308", "1e309", "4.9E-324", "-0.0", "NaN", "Infinity", "1,5", "5 %", "1d"],
    "decimal(8,2)": ["999999.99", "1000000", "0.005", "-.5", "1.234,50", "€ 7", "12.340", "1e3"],
    "boolean": ["true", "F", "ja", "nein", "1", "0", "maybe", "TRUE"],
    "date": ["2024-02-29", "2023-02-29", "0001-01-01", "9999-12-31", "29.02.2024", "20240101"],
    "timestamp": [
        *("2024-03-31 02:30:00", "2024-10-27T02:30:00Z", "2024-01-01", "10.03.2024 02:30"),
        *("1704067200", "2024-01-01T00:00:00.123456789+14:00", "24:00", "2024-06-30 23:59:60"),
    ],
    "string": ["Ulm", "Aix", "D", "x", "äöü", "a b", "NA", "null", "-", ""],
}
KEYS = {"int": ["1", "2", "3", "4", "5", " 6", "7.0", "x", ""]}
KEYS |= {"string": ["a", "b", "c ", "A", "å", "a\u030a", ""]}
KEYS |= {"date": ["2024-01-01", "2024-01-02", "2024-1-3", "x"]}
MARKS = {"tab": "\t", "semicolon": ";", "pipe": "|"}
LINE_ENDS = re.compile("\r\n|\r|\n")


@dataclass
class RawFile:
    """A file, how many records it has, and the texts of the whole ones among them by their tag."""

    content: bytes
    records: int
    texts: dict[str, dict[str, str | None]] = field(default_factory=dict)


def make_file(
    contract: Mapping[str, Any], random: Random, texts: Sequence[str], *, tags: Sequence[str]
) -> RawFile:
    """Make a file with a record for each tag; some of them are none that can be read."""
    columns = contract["columns"]
    records = []
    for tag in tags:
        values = {name: _value(random, name, columns[name]["type"], texts) for name in columns}
        records.append({**values, "tag": tag})
    source = contract["sources"]["history"]
    make = _json_lines if source["format"] == "jsonl" else _csv
    return make(source, random, records)


def _value(random: Random, name: str, kind: str, texts: Sequence[str]) -> str:
    if name == "k" and random.random() < 0.95:  # most rows share their key
        return random.choice(KEYS[kind])
    if random.random() < 0.3:  # hostile ones among them
        return random.choice(texts)
    return random.choice([*VALUES[kind], *VALUES[kind], ""])


def _csv(source: Mapping[str, Any], random: Random, records: list[dict[str, str]]) -> RawFile:
    encoding = source.get("encoding", "UTF-8")
    dialect = _Dialect.of(source)
    names = list(records[0])
    random.shuffle(names)
    lines = ["about this file"] * source.get("skip_lines", 0)
    lines.append(dialect.delimiter.join(names))
    file = RawFile(b"", 0)
    for record in records:
        if random.random() < 0.1:  # some records are none
            lines.append(dialect.broken(random, record["tag"]))
        else:
            told = {n: dialect.writable(_in_charset(v, encoding)) for n, v in record.items()}
            lines.append(dialect.delimiter.join(dialect.field(random, told[n]) for n in names))
            file.texts[record["tag"]] = {n: dialect.read(text) for n, text in told.items()}
        file.records += 1
    if dialect.quote and random.random() < 0.2:  # a quote that never closes
        lines.append(f"{dialect.quote}no end")
        file.records += 1
    end = random.choice(["\n", "\r\n"])
    text = end.join(lines) + random.choice(["", end])
    mark = "\ufeff" if random.random() < 0.2 or encoding == "UTF-16" else ""
    file.content = (mark + text).encode("UTF-16LE" if encoding == "UTF-16" else encoding, "replace")
    return file


def _in_charset(text: str, encoding: str) -> str:
    return text.encode(encoding, "replace").decode(encoding)


@dataclass(frozen=True)
class _Dialect:
    """How a source's files are written, and what is read of a text that was."""

    delimiter: str
    quote: str
    escape: str
    spans_lines: bool
    skips_space: bool

    @classmethod
    def of(cls, source: Mapping[str, Any]) -> _Dialect:
        stated = source.get("delimiter", ",")
        quote = source.get("quote", '"')
        spans = source.get("multiline", True) and bool(quote)
        skips = source.get("skip_initial_space", False)
        return cls(MARKS.get(stated, stated), quote, source.get("escape", quote), spans, skips)

    def writable(self, text: str) -> str:
        """Return a text without what the dialect has no way to write."""
        if not self.spans_lines:
            text = LINE_ENDS.sub(" ", text)
        if not self.quote:  # a record whose first text begins so would be a comment
            text = text.replace(self.delimiter, " ").replace("#", " ")
        return text.replace(self.escape, "/") if self.escape != self.quote else text

    def field(self, random: Random, text: str) -> str:
        marks = (self.delimiter, self.quote, "\n", "\r", "#")
        is_needed = any(mark in text for mark in marks) or (self.skips_space and text[:1] == " ")
        if not self.quote or not (is_needed or random.random() < 0.2):
            return text
        escaped = text.replace(self.quote, self.escape + self.quote)
        return f"{self.quote}{escaped}{self.quote}"

    def read(self, text: str) -> str | None:
        return LINE_ENDS.sub("\n", text) or None

    def broken(self, random: Random, tag: str) -> str:
        """Return a line that has too few fields, too many, or text behind a quote."""
        many = self.delimiter.join([tag] * 20)
        return random.choice([tag, many, f"{self.quote}{tag}{self.quote}x"])


def _json_lines(
    source: Mapping[str, Any], random: Random, records: list[dict[str, str]]
) -> RawFile:
    del source  # a line is written in one way alone
    file = RawFile(b"", len(records))
    lines = []
    for record in records:
        names = [name for name in record if name == "tag" or random.random() < 0.9]
        told = {name: record[name] for name in names}
        line = json.dumps(told, ensure_ascii=random.random() < 0.5)
        if random.random() < 0.1:  # some lines are cut off
            line = line[: random.randint(1, len(line) - 1)]
        else:
            file.texts[record["tag"]] = {n: told.get(n) for n in record}
        lines.append(line)
    end = random.choice(["\n", "\r\n"])
    file.content = end.join([*lines, ""]).encode()
    return file
