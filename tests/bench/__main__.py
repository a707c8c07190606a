"""Measures work in turns, and writes docs/performance.md: python -m tests.bench --size small."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from environments.spark.java_home import java_home
from tests.bench.kept import KEPT, keep, kept_of
from tests.bench.measuring import Found, measure_module
from tests.bench.page import PAGE, page, rows_of
from tests.bench.sizes import SIZES
from tests.bench.works import all_works, works_of


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--work", nargs="*", choices=all_works(), metavar="WORK")
    parser.add_argument("--page", type=Path, default=PAGE, help="another file than the docs' page")
    parser.add_argument("--kept", type=Path, default=KEPT, help="what the page is made of")
    options = parser.parse_args()
    os.environ["JAVA_HOME"] = str(java_home())
    failed = 0
    for name in options.work or works_of(SIZES[options.size]):
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        # A process of its own: nothing that earlier work has loaded or compiled is there.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            found: Found = pool.submit(measure_module, name, options.size, folder).result()
        shutil.rmtree(folder)
        keep(found, options.kept)
        failed += len(found.errors)
        print("\n".join([*rows_of(found), *found.errors]), flush=True)
    options.page.write_text(page(kept_of(options.kept)), "utf-8")
    print(f"wrote {options.page}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
