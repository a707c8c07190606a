"""Writes docs/faults.md: what became of each crash."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from conf.target import REPOSITORY
from tests.chaos.crashes import Ends
from tests.chaos.suites import SUITES
from tests.integration.runs_at_once import COMMITS, PLACES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.chaos.crashes import Crash
    from tests.chaos.suites import SuiteResult
    from tests.chaos.tried import Tried

PAGE = REPOSITORY / "docs" / "faults.md"
_HEAD = """\
# Faults

`make chaos` runs the three pipelines of the main job on 240 labelled rows and 40 to be scored, some
of them broken or doubled, and writes this page. Each place of the project's own code that changes
what is kept is a point (`conf/faults.py`). A run counts its points; then, for each of them, the
lake is laid out as it was before the pipeline, a process is ended at that point with no chance to
tidy up, and the same command is typed again. *Equal* is: the second command completes, and all
tables, data assets and models have the content that an undisturbed run leaves (all columns but the
id of the run that wrote a score first).

What ends is the process that is at the point; the JVM under it, while it waits there; the
workspace's server, while a step waits to ask it or has just been answered; the process when Spark
has written data files and no commit names them yet: after the commit, whose file is then taken
away; or the machine: every process is killed, and each file that nobody had synced is lost, empty
or cut in half, by chance. A store that is broken, full or silent is on
[another page](faults-store.md).

Between many points and the next of the same process no file of the lake changes, but for one that
has no name yet. Of such points the last is tried; the others are in brackets.

## What crashes leave

No later run reads it, and nothing names it:

| what | where |
|---|---|
| data files that no commit names, and commits without their name | the folders of tables |
| MLTables and models of nodes that did not complete | `published/`, `models/` |
| code and half outputs of the nodes in which a run was cut off | `runs/<run>/<node>/` |
| files that were not whole yet (`.NAME.….part`, `NAME.db.…`) | everywhere |
| blocks that never became a blob | `registry/blocks/` |
| code that was never registered | `workspaceblobstore/uploads/` |
| files of jobs that were never put into the queue | `jobs/<job>/` |

```sh
python -m aml_pipelines care                 # lists it
python -m aml_pipelines care flights         # in the tables of a dataset alone
python -m aml_pipelines care --remove        # removes it, and nothing else
```

What something names stays: the files of every version in a table's log, however old, and whatever a
data asset (an archived one too, and all in a folder that one names), a model, code, a component, a
job, an endpoint, or the record of a completed node names. So do records and logs of runs. A table
whose log is not whole is not looked at; `care` says so. Delta's own `VACUUM` is no substitute: it
takes the files of older versions, which receipts and MLTables name. Files without rows, which Delta
leaves out of its own commits, stay for it.

`care` holds the lake's lock: no run is at work meanwhile, and what one has left may go at once.
Clients upload without that lock; what they have changed within the last hour is left alone.
`--older-than HOURS` sets another age, for everything.

Of a lake behind Azurite `care` looks at the tables, and at what this machine keeps beside it. In
Azure a component looks at the tables. No lock keeps writers out there; leave them a week, as
`VACUUM` does. What it found is in the job's output `leftovers`:

```sh
python -m aml_pipelines submit care --target dev --set inputs.unchanged_since=2026-01-31T00:00:00Z
```

## What was tried
"""


_MORE = """\
## What else `make chaos` tries

- **Runs at once**, without the lake's lock: {folder} interleavings on a folder and {azurite} of two
  processes on Azurite over ABFS. One run stands before or after a commit while the other runs
  whole, or both meet there; they load or score the same files, or one of them finds a file more.
  Training reads its release while another run loads. The tables have each row once afterwards, as
  after runs one by one; a run that was overtaken ends by a sentence.
- **Stores** that are broken, full, read-only or silent: [another page](faults-store.md).
- **10,000 made-up records** in made-up contracts: none is lost or doubled, none is cleaned in two
  ways.
- **Another Spark**: `make test-all SPARK=4.1` runs the rule cases of `tests/cases` and the tests of
  tables on Spark 4.1 and Java 21: each table has the same hash as on Spark 3.5.

{suites}
`make test` has some of each, and `make test-all` more.

What cannot be made here: Azure itself. Its accounts have folders of their own, and two that commit
at the same moment exclude each other by one rename; Azurite's rename is a copy and a deletion. Nor
a disk that says it has written what it has not, an account that loses what it has acknowledged, or
a part of a cluster that the rest cannot reach.
"""


def page(
    plan: Mapping[Crash, Crash], tried: Mapping[Crash, Tried], results: Mapping[str, SuiteResult]
) -> str:
    """Return the text of the page.

    `plan` has each crash that can be and the one that is tried for it; `results` are of suites.
    """
    equal = sum(each.is_equal for each in tried.values())
    covered = {each: by for each, by in plan.items() if by in tried}
    told = f"They stand for {len(covered)} of the {len(plan)} that can be made in this way."
    ended = f"**{equal} of {len(tried)} crashes ended equal.** {told} {_when(tried.values())}\n"
    lines = [_HEAD, ended]
    for stage in dict.fromkeys(each.stage for each in covered):
        lines += [f"## {stage}\n", *_table(covered, tried, stage), ""]
    unequal = [(crash, how) for crash, how in tried.items() if not how.is_equal]
    if unequal:
        lines += ["## Not equal\n", *(_told(*each) for each in unequal), ""]
    meetings = sum(map(len, PLACES.values()))
    folder, azurite = 2 * len(COMMITS), len(COMMITS) + meetings
    lines.append(_MORE.format(folder=folder, azurite=azurite, suites=_suites(results)))
    return "\n".join(lines)


def _suites(results: Mapping[str, SuiteResult]) -> str:
    lines = [
        "| whole suite | passed | failed | left out | on | at |",
        "|---|---:|---:|---:|---|---|",
    ]
    lines += [
        f"| {SUITES[name].title} | {how.passed:,} | {how.failed:,} | {how.skipped:,} "
        f"| {how.day} | {how.commit} |"
        for name, how in results.items()
    ]
    return "".join(f"{line}\n" for line in lines)


def _when(tried: Collection[Tried]) -> str:
    """Say on which days, and at which commits, they were tried."""
    days = sorted({each.day for each in tried})
    commits = ", ".join(dict.fromkeys(each.commit for each in sorted(tried, key=_day)))
    when = f"on {days[0]}" if len(days) == 1 else f"from {days[0]} to {days[-1]}"
    return f"They were tried {when}, at {commits}."


def _day(tried: Tried) -> str:
    return tried.day


def _table(covered: Mapping[Crash, Crash], tried: Mapping[Crash, Tried], stage: str) -> list[str]:
    cells: dict[str, dict[Ends, dict[Crash, Crash]]] = defaultdict(lambda: defaultdict(dict))
    for each, by in covered.items():
        if each.stage == stage:
            cells[each.point][each.ends][each] = by
    head = ["| point | " + " | ".join(Ends) + " |", "|---|" + "---|" * len(Ends)]
    return [
        *head,
        *(
            f"| {point.replace('*', '…')} | "
            + " | ".join(_cell(found[ends], tried) for ends in Ends)
            + " |"
            for point, found in cells.items()
        ),
    ]


def _cell(found: Mapping[Crash, Crash], tried: Mapping[Crash, Tried]) -> str:
    if not found:
        return ""
    equal = [tried[by].is_equal for by in found.values()]
    text = "equal" if equal == [True] else f"equal {sum(equal)} of {len(equal)}"
    return text if any(each == by for each, by in found.items()) else f"({text})"


def _told(crash: Crash, how: Tried) -> str:
    found = "; ".join(how.differences) or f"the second command ended with {how.second_code}"
    return f"- {crash.stage}, {crash.point} ({crash.number}), {crash.ends}: {found}"
