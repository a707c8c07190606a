"""A source of a dataset: where its raw files arrive, and how they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conf.document import Section

FORMATS = ("csv", "jsonl", "json", "parquet", "delta", "avro", "orc")
# Formats that need a step of conversion before they arrive; docs/contracts.md has one.
CONVERTED = ("xml", "excel", "xls", "xlsx", "fixed_width")
DIALECT = (
    *("delimiter", "quote", "escape", "encoding", "header", "comment", "skip_lines"),
    *("multiline", "skip_initial_space"),
)
# The keys that a format has besides those of any format.
KEYS = {"csv": DIALECT, "jsonl": ("encoding",), "json": ("encoding", "records")}
ANY_FORMAT = ("path", "format", "compare", "snapshot", "max_deleted")
DOUBLED = "doubled"
NAMES_OF_CHARACTERS = {"tab": "\t", "pipe": "|", "semicolon": ";", "comma": ",", "space": " "}
PATH_OF_FIELDS = r"[^.\[\]]+(\[\d+\])*(\.[^.\[\]]+(\[\d+\])*)*"


@dataclass(frozen=True)
class Dialect:
    """How the text of a file is written.

    `quote` is empty where no field is quoted; `escape` is `doubled`, or the character before a
    quote within quotes. `header` is whether files begin with column names, or the names that
    they lack; False stands for the contract's columns in their order. `comment` begins a line that
    is no record; the first `skip_lines` lines are none either. A record that is not `multiline`
    ends with its line, whatever its quotes say.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = DOUBLED
    encoding: str = "UTF-8"
    header: bool | tuple[str, ...] = True
    comment: str = ""
    skip_lines: int = 0
    multiline: bool = True
    skip_initial_space: bool = False

    @property
    def is_utf8(self) -> bool:
        return self.encoding.upper().replace("_", "-") in {"UTF-8", "UTF8"}

    @property
    def may_span_lines(self) -> bool:
        return self.multiline and bool(self.quote)

    @property
    def is_wide(self) -> bool:
        """Whether a line break is more than one byte, which a file cannot be split by."""
        return bool(re.match(r"(X-)?(UTF[-_]?(16|32)|UCS)", self.encoding.upper()))


@dataclass(frozen=True)
class Source:
    """Raw data: where it arrives, a glob below the lake (a folder for Delta), and its format.

    `compare` says how a file that changed is told: by its size and time, or by its content too.
    `records` is the path of the list that a JSON file holds its records in; the file itself is
    the list where it is empty. Of a `snapshot`, what is there at once is the whole truth; one that
    lacks more than the share `max_deleted` of the entities of the one before is refused.
    """

    path: str
    format: str
    compare: str
    dialect: Dialect = Dialect()
    records: str = ""
    snapshot: bool = False
    max_deleted: float = 0.5


def read_source(section: Section) -> Source:
    file_format = _format(section)
    section.allow(*ANY_FORMAT, *KEYS.get(file_format, ()))
    path = section.value("path", str)
    if path.startswith("/") or ".." in Path(path).parts or "://" in path:
        section.refuse(
            f"{section.where_of('path')}: path {path!r} is not below the lake; write it relative"
        )
    if "**" in path:
        section.refuse(
            f"{section.where_of('path')}: path {path!r} has '**', which is no more than '*' here; "
            "write one '*' for each folder"
        )
    records = section.value("records", str, "")
    if records and not re.fullmatch(PATH_OF_FIELDS, records):
        section.refuse(
            f"{section.where_of('records')}: records is {records!r}; it is a path of names, such "
            "as data.items"
        )
    return Source(
        path=path,
        format=file_format,
        compare=section.choice("compare", ("listing", "content"), "listing"),
        dialect=_dialect(section),
        records=records,
        snapshot=section.value("snapshot", bool, default=False),
        max_deleted=_max_deleted(section),
    )


def _max_deleted(section: Section) -> float:
    share = section.value("max_deleted", float, 0.5)
    where = section.where_of("max_deleted")
    if not 0 <= share <= 1:
        section.refuse(f"{where}: 'max_deleted' is {share}; it is a share, 0 to 1")
    if "max_deleted" in section.values and section.values.get("snapshot") is not True:
        section.refuse(f"{where}: 'max_deleted' is for a source with 'snapshot: true'")
    return share


def _format(section: Section) -> str:
    stated = section.values.get("format")
    if isinstance(stated, str) and stated.lower() in CONVERTED:
        section.refuse(
            f"{section.where_of('format')}: 'format' is {stated!r}, which is to be converted "
            f"before it arrives, as docs/contracts.md shows; it is one of {list(FORMATS)}"
        )
        return FORMATS[0]
    return section.choice("format", FORMATS)


def _dialect(section: Section) -> Dialect:
    plain = Dialect()
    delimiter = _character(section, "delimiter", plain.delimiter)
    quote = _character(section, "quote", plain.quote, may_be_empty=True)
    escape = section.value("escape", str, DOUBLED)
    if escape != DOUBLED:
        escape = _character(section, "escape", DOUBLED)
    dialect = Dialect(
        delimiter=delimiter,
        quote=quote,
        escape=DOUBLED if escape == quote else escape,
        encoding=_encoding(section),
        header=_header(section),
        comment=_character(section, "comment", "", may_be_empty=True),
        skip_lines=section.value("skip_lines", int, 0),
        multiline=section.value("multiline", bool, default=True),
        skip_initial_space=section.value("skip_initial_space", bool, default=False),
    )
    if dialect.skip_lines < 0:
        section.refuse(f"{section.where_of('skip_lines')}: skip_lines is below 0")
    named = [dialect.delimiter, dialect.quote, dialect.comment]
    alike = [character for character in named if character and named.count(character) > 1]
    if alike:
        section.refuse(f"{section.where}: {alike[0]!r} is two of delimiter, quote and comment")
    return dialect


def _character(section: Section, name: str, default: str, *, may_be_empty: bool = False) -> str:
    """Read one character, or its name, such as `tab`."""
    stated = section.value(name, str, default)
    character = NAMES_OF_CHARACTERS.get(stated, stated)
    is_one = len(character) == 1 and character not in "\r\n"
    if stated != default and not is_one and not (may_be_empty and not character):
        section.refuse(
            f"{section.where_of(name)}: {name!r} is {stated!r}; it is one character, or one of "
            f"{sorted(NAMES_OF_CHARACTERS)}"
        )
        return default
    return character


def _encoding(section: Section) -> str:
    encoding = section.value("encoding", str, "UTF-8")
    if not re.fullmatch(r"[A-Za-z0-9][\w.:+-]*", encoding):  # what Java takes for a charset's name
        section.refuse(
            f"{section.where_of('encoding')}: 'encoding' is {encoding!r}; it is the name of a "
            "character set, such as windows-1252"
        )
        return "UTF-8"
    return encoding


def _header(section: Section) -> bool | tuple[str, ...]:
    if isinstance(section.values.get("header"), list):
        return section.texts("header")
    return section.value("header", bool, default=True)
