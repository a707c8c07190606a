"""Raw files of a size: the year's flights, as `sample` writes them, fewer of them or many times."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.verbs.sample import sample_files
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.bench.sizes import Size

# Never committed: a hundred times the year is 3 GB.
RAW = REPOSITORY / ".cache" / "bench" / "raw"
_ROWS = "rows.json"
# The columns of carrier and number, which are a flight's key with its departure, and of the plane.
_CARRIER, _FLIGHT, _PLANE = 9, 10, 11
# Every second flight is one of this carrier, or of this plane, where half of all are to be.
_ONE_CARRIER, _ONE_PLANE = "UA", "N14228"
# Above each number that there is: the copies of a flight have the numbers of no other.
_STEP = 10_000
_COPIES_A_FILE = 10
# Above each number that a copy has: the flights of a carrier that become another's.
_STEP_OF_CARRIER = 10_000_000


@dataclass(frozen=True)
class RawFlights:
    """A folder with `raw/` of flights, weather and planes, and the number of historic flights."""

    folder: Path
    rows: int

    def link_into(self, lake: Path) -> None:
        """Let a lake have these files, as if they had arrived there."""
        shutil.copytree(self.folder / "raw", lake / "raw", copy_function=_link)


def raw_flights(size: Size, *, half_of: str = "") -> RawFlights:
    """Return the raw files of a size, which are written where they are not there yet.

    Every second flight is of one carrier, or of one aircraft, if `half_of` says so.
    """
    folder = RAW / "-".join(filter(None, [f"{size.times}-in-{size.every}", half_of]))
    if not (folder / _ROWS).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent))
        rows = _write(size, unfinished, half_of)
        (unfinished / _ROWS).write_text(json.dumps(rows), "utf-8")
        unfinished.replace(folder)
    return RawFlights(folder, json.loads((folder / _ROWS).read_text("utf-8")))


def _write(size: Size, folder: Path, half_of: str) -> int:
    """Write the files of a size, and return the number of historic flights."""
    rows, carriers = 0, count()
    number_of = defaultdict[str, int](lambda: next(carriers))
    for path, text in sample_files("flights"):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not path.startswith("raw/flights/"):
            file.write_text(text, "utf-8")
            continue
        header, *lines = text.splitlines(keepends=True)
        kept = lines[:: size.every]
        if half_of:
            kept[::2] = [_skewed(line, half_of, number_of) for line in kept[::2]]
        rows += len(kept) * size.times * ("/history/" in path)
        for copies in _copies_of_files(size.times):
            part = file.with_stem(f"{file.stem}_{copies[0]:03}") if copies[0] else file
            with part.open("w", encoding="utf-8") as opened:
                opened.write(header)
                opened.writelines(_copies(kept, copies))
    return rows


def _skewed(line: str, half_of: str, number_of: Mapping[str, int]) -> str:
    """Let a flight be one of the same carrier, with a number of its own, or of the same plane."""
    values = line.split(",")
    if half_of == "carrier":
        other = 1 + number_of[values[_CARRIER]]
        values[_FLIGHT] = f"{int(values[_FLIGHT]) + other * _STEP_OF_CARRIER}"
        values[_CARRIER] = _ONE_CARRIER
    else:
        values[_PLANE] = _ONE_PLANE
    return ",".join(values)


def _copies_of_files(times: int) -> Iterator[range]:
    """Yield the copies that each file of a month has: the first those of the year itself."""
    yield range(1)
    for first in range(1, times, _COPIES_A_FILE):
        yield range(first, min(first + _COPIES_A_FILE, times))


def _copies(lines: list[str], numbers: range) -> Iterator[str]:
    """Yield each line once for each number, as a flight with a number of its own."""
    parts = [_parted(line) for line in lines]
    for number in numbers:
        more = number * _STEP
        for before, flight, after in parts:
            yield f"{before},{flight + more},{after}"


def _parted(line: str) -> tuple[str, int, str]:
    values = line.split(",")
    return ",".join(values[:_FLIGHT]), int(values[_FLIGHT]), ",".join(values[_FLIGHT + 1 :])


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)
