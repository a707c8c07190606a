"""Does steps on a lake behind the ABFS driver, as it is told line by line: a JVM of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from pathlib import Path

from spark_jobs.session import spark_session
from tests.integration.arriving import Arriving, held, run_steps


def main() -> None:
    """Read {"do", "uri", …} from each line, and answer each with {"rows"}, {"error"} or nothing."""
    spark = spark_session("tests")
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, object] = {}
        try:
            if asked["do"] == "run":
                run_steps(spark, asked["uri"], until=asked["until"])
            elif asked["do"] == "arrive":
                Arriving(spark, Path(asked["uri"])).arrive(asked["day"])
            elif asked["do"] == "shell":
                subprocess.run(["sh", "-c", asked["line"]], cwd=asked["uri"], check=False)  # noqa: S607 # any shell
            else:
                answer = {"rows": held(spark, asked["uri"])}
        except Exception as error:  # noqa: BLE001 # the test looks at it
            answer = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
        print(json.dumps(answer), flush=True)  # noqa: T201 # to the test


if __name__ == "__main__":
    main()
