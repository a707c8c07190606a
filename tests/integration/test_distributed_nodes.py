"""Distributed commands really run: a process for each rank, and one end for all of them."""

from __future__ import annotations

from pathlib import Path

from tests.integration.pipelines_elsewhere import run_pipeline, write_files

# Each waits for the other: they run at once, and find each other by the variables.
MEET = """
import os, socket, sys
rank, address = int(os.environ["RANK"]), (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if rank == 0:
    with socket.create_server(address) as server:
        said = server.accept()[0].recv(10).decode()
    open(sys.argv[1], "w").write(f"{said} of {os.environ['WORLD_SIZE']}")
else:
    while True:
        try:
            socket.create_connection(address).send(str(rank).encode())
            break
        except ConnectionRefusedError:
            pass
print("rank", rank, os.environ["MLFLOW_RUN_ID"] == os.environ["AZUREML_RUN_ID"])
"""
NODE = {"type": "command", "environment": "azureml:python:1"}


def test_ranks_find_each_other_and_fail_and_end_together(tmp_path: Path) -> None:
    write_files(tmp_path, {"code/meet.py": MEET})
    meet = {
        **NODE,
        "code": "./code",
        "command": "python meet.py ${{outputs.said}}",
        "outputs": {"said": {"type": "uri_file"}},
        "distribution": {"type": "pytorch", "process_count_per_instance": 1},
        "resources": {"instance_count": 2},
    }
    fail = {
        **NODE,
        "command": '[ "$OMPI_COMM_WORLD_RANK" = 0 ] && sleep 60; exit 3',
        "distribution": {"type": "mpi", "process_count_per_instance": 2},
    }
    serve = {
        **NODE,
        "command": """[[ "$TF_CONFIG" == *'"ps", "index"'* ]] && sleep 60; echo done""",
        "distribution": {"type": "tensorflow", "worker_count": 1, "parameter_server_count": 1},
    }
    record = run_pipeline(tmp_path, {"meet": meet, "fail": fail, "serve": serve})
    nodes = record["nodes"]
    assert {name: (node["status"], node["error"]) for name, node in nodes.items()} == {
        "meet": ("Completed", None),
        "fail": ("Failed", "ended with exit code 3: process 1 of 2"),
        "serve": ("Completed", None),
    }
    assert max(node["seconds"] for node in nodes.values()) < 30
    assert Path(nodes["meet"]["outputs"]["said"]).read_text() == "1 of 2"
    log = Path(nodes["meet"]["log"])
    assert log.read_text() == "rank 0 True\n"
    assert log.with_name("std_log_process_1.txt").read_text() == "rank 1 True\n"
