"""Find out how a file is written from its first bytes: format, character set, dialect."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from charset_normalizer import from_bytes

from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

HEAD = 1 << 20  # bytes that are looked at, after decompression
LINES = 500
DELIMITERS = (",", ";", "\t", "|")
MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
MAGIC = {b"PAR1": "parquet", b"Obj\x01": "avro", b"ORC": "orc"}
# Character sets that bytes tell apart well, by Python's names; Western ones they do not.
TOLD_APART = {
    "cp932": "windows-31j",
    "shift_jis": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "gb18030": "GB18030",
    "big5": "Big5",
    "euc_kr": "EUC-KR",
    "cp949": "windows-949",
    "cp1251": "windows-1251",
    "koi8_r": "KOI8-R",
    "cp1253": "windows-1253",
}
WESTERN = "windows-1252"
NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*([eE][+-]?\d+)?%?")
# Of an object: names, and what opens and closes; texts are looked for, lest they have any of these.
JSON_TOKEN = re.compile(
    r"""
    "(?P<name>(?:[^"\\]|\\.)*)"\s*:
    | "(?:[^"\\]|\\.)*"
    | (?P<list>\[\s*(?=\{))
    | (?P<open>\{)
    | (?P<close>\})
    """,
    re.VERBOSE,
)
DAY = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T].*)?")


@dataclass(frozen=True)
class Sniffed:
    """How a file is written: the format, its keys of a source, and what is not certain."""

    format: str
    keys: Mapping[str, object] = field(default_factory=dict)
    questions: tuple[str, ...] = ()


def sniff(file: Path) -> Sniffed:
    """Find out how a file is written; raises UserError for what no source can read."""
    if file.is_dir():
        if (file / "_delta_log").is_dir():
            return Sniffed("delta")
        raise UserError(
            f"{file}: is a folder and no Delta table; name files, or a pattern in quotes"
        )
    head = _head(file)
    for magic, file_format in MAGIC.items():
        if head.startswith(magic):
            return Sniffed(file_format)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UserError(
            f"{file}: is an Excel or ZIP file; convert it as docs/contracts.md shows, or unpack it"
        )
    if not head.strip():
        raise UserError(f"{file}: is empty")
    encoding, questions = _encoding(head)
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    if text.lstrip().startswith(("<?xml", "<")):
        raise UserError(f"{file}: is XML; convert it as docs/contracts.md shows")
    found = _json(text) or _csv(text)
    named = TOLD_APART.get(encoding, encoding)
    keys = {} if named == "UTF-8" else {"encoding": named}
    return Sniffed(found.format, {**found.keys, **keys}, (*questions, *found.questions))


def _head(file: Path) -> bytes:
    try:
        with _opened(file) as stream:
            return stream.read(HEAD)
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{file}: cannot be read: {error}") from error


def _opened(file: Path) -> BinaryIO:
    if file.suffix == ".gz":
        return cast("BinaryIO", gzip.open(file, "rb"))
    if file.suffix == ".bz2":
        return cast("BinaryIO", bz2.open(file, "rb"))
    if file.suffix == ".zst":
        import pyarrow as pa  # noqa: PLC0415 # for few files

        return cast("BinaryIO", pa.input_stream(str(file), compression="zstd"))
    return file.open("rb")


def _encoding(head: bytes) -> tuple[str, list[str]]:
    """Return Python's name of the encoding, and what to ask."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding, []
    zeros = head[:1000].count(b"\0") / len(head[:1000])
    if zeros > 0.2:  # noqa: PLR2004 # of Latin letters in UTF-16 every other byte is zero
        return ("UTF-16LE" if head[1:2] == b"\0" else "UTF-16BE"), []
    try:
        # The last letter may be cut off.
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        best = from_bytes(head[:20_000]).best()
        guess = best.encoding if best and best.encoding in TOLD_APART else WESTERN
        asked = f"Is the encoding {TOLD_APART.get(guess, guess)}? The bytes are not UTF-8."
        return guess, [asked]
    return "UTF-8", []


def _json(text: str) -> Sniffed | None:
    start = text.lstrip()[:1]
    if start not in {"[", "{"}:
        return None
    lines = [line for line in text.splitlines()[:LINES] if line.strip()]
    whole = lines[:-1] or lines  # the last may be cut off
    if start == "{" and all(_is_object(line) for line in whole):
        return Sniffed("jsonl")
    if start == "[":
        return Sniffed("json")
    path = _first_list(text)
    if path:
        return Sniffed("json", {"records": path}, (f"Are the records the list at {path!r}?",))
    return Sniffed("json")


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _first_list(text: str) -> str:
    """Return the path of the first list of objects in an object, which may be cut off."""
    path: list[str] = []
    name = ""
    for token in JSON_TOKEN.finditer(text):
        if token["name"] is not None:
            name = token["name"]
        elif token["list"]:
            return ".".join([*path[1:], name])
        elif token["open"]:
            path.append(name)
        elif token["close"]:
            path.pop()
    return ""


def _csv(text: str) -> Sniffed:
    lines = text.splitlines(keepends=True)[:LINES]
    comment = _comment(lines)
    plain = [line for line in lines if not (comment and line.startswith(comment))]
    quote = _quote(plain)
    escape = "\\" if re.search(r'(?<=[^\\])\\"(?![,;\t|\r\n])', "".join(plain)) else None
    delimiter, width = max(
        ((d, _width(plain, d, quote, escape)) for d in DELIMITERS), key=lambda found: found[1]
    )
    parse = partial(_rows, delimiter=delimiter, quote=quote, escape=escape)
    begins = (n for n, line in enumerate(plain) if [*map(len, parse([line]))] == [width[1]])
    skipped = 0 if comment else next(begins, 0)
    keys: dict[str, object] = {}
    questions = []
    if delimiter != ",":
        keys["delimiter"] = {"\t": "tab"}.get(delimiter, delimiter)
    if quote != '"':
        keys["quote"] = quote
    if escape:
        keys["escape"] = escape
    if comment:
        keys["comment"] = comment
    if skipped:
        keys["skip_lines"] = skipped
        questions.append(
            f"Are the first {skipped} lines no rows? They have other numbers of fields."
        )
    header, doubt = _has_header(list(parse(plain[skipped:])))
    if not header:
        keys["header"] = [f"column_{n}" for n in range(1, width[1] + 1)]
    if doubt:
        questions.append(doubt)
    return Sniffed("csv", keys, tuple(questions))


def _comment(lines: Sequence[str]) -> str:
    return next((mark for mark in ("#",) if lines and lines[0].startswith(mark)), "")


def _quote(lines: Sequence[str]) -> str:
    text = "".join(lines)
    apostrophes = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n])", text, re.MULTILINE))
    return "'" if apostrophes > len(lines) / 2 and '"' not in text else '"'


def _rows(
    lines: Iterable[str], delimiter: str, quote: str, escape: str | None
) -> Iterable[list[str]]:
    try:
        yield from (
            row
            for row in csv.reader(
                lines,
                delimiter=delimiter,
                quotechar=quote,
                escapechar=escape,
                doublequote=escape is None,
                skipinitialspace=True,
            )
            if row
        )
    except csv.Error:
        return


def _width(
    lines: Sequence[str], delimiter: str, quote: str, escape: str | None
) -> tuple[float, int]:
    """Return how many of the rows have the most common number of fields above one, and that."""
    widths = Counter(len(row) for row in _rows(lines, delimiter, quote, escape))
    several = Counter({width: rows for width, rows in widths.items() if width > 1})
    if not several:
        return 0.0, 1
    width, rows = several.most_common(1)[0]
    return rows / widths.total(), width


def _has_header(rows: Sequence[Sequence[str]]) -> tuple[bool, str]:
    """Return whether the first row has names, and a question if that is not certain."""
    first, others = [text.strip() for text in rows[0]], rows[1:]
    if any(NUMBER.fullmatch(text) or DAY.fullmatch(text) for text in first):
        return False, ""
    if len(set(first)) < len(first) or not any(first):
        return False, "Are there no column names? The first row has equal fields."
    for place, name in enumerate(first):
        below = [row[place].strip() for row in others if place < len(row) and row[place].strip()]
        is_typed = below and all(NUMBER.fullmatch(text) or DAY.fullmatch(text) for text in below)
        if is_typed and name:
            return True, ""
    return True, "Does the file begin with column names? All of its columns are texts."
