SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
TARGET ?= local
WORKERS ?= 2
PARALLEL := -n $(WORKERS) --dist loadscope --no-loadscope-reorder
READY := .venv/.ready
AZURITE := .venv/.azurite
CHECKS := .venv/.checks
# `make bench`: how large, and which rows of the page; what others' tools need is installed once.
SIZE ?= small
BENCH_OTHERS := $(patsubst environments/bench/%/requirements.lock,.venv/.bench-%,$(wildcard environments/bench/*/requirements.lock))
# `make test` has the tests of a quarter of an hour. Others are marked `slow`; `make test-all` has all.
NOT := azure or slow
# `make test SPARK=4.1`: the tests of tables on another Spark, in an environment of its own.
ON_SPARK := .venv/spark-$(SPARK)
OF_TABLES = tests/unit/spark_jobs $(shell grep -l 'spark: SparkSession' tests/integration/test_*.py)
COMPILE := uv pip compile $(UPGRADE) --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock"
LAKE := $(READY) $(if $(filter azurite,$(TARGET)),$(AZURITE))

.DEFAULT_GOAL := help
.PHONY: setup run test test-all test-fast conformance own-data chaos bench wheel lint plan dependencies shell lock clean help

$(READY): requirements.lock $(addprefix environments/spark/,jars.txt install_jars.py class_archive.py make_class_archive.py)
	@command -v $(PYTHON) >/dev/null || { echo "make: '$(PYTHON)' is not on the path; install Python 3.11 or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python environments/spark/install_jars.py
	$(BIN)/python environments/spark/make_class_archive.py
	@touch $@

$(AZURITE): $(wildcard environments/azurite/*) environments/spark/install_jars.py | $(READY)
	$(BIN)/python environments/azurite/install_azurite.py
	$(BIN)/python environments/spark/install_jars.py environments/azurite/jars.txt .venv/azurite/jars
	@touch $@

$(CHECKS): environments/checks/requirements.lock | $(READY)
	$(BIN)/python -m venv --clear .venv/checks
	.venv/checks/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.spark-%: environments/spark/%/requirements.lock environments/spark/%/jars.txt environments/spark/%/java environments/spark/install_jars.py | $(READY)
	$(BIN)/python -m venv --clear .venv/spark-$*
	.venv/spark-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	install -D environments/spark/$*/java .venv/spark-$*/java/bin/java
	JAVA_HOME=$(CURDIR)/.venv/spark-$*/java .venv/spark-$*/bin/python environments/spark/install_jars.py environments/spark/$*/jars.txt
	@touch $@

.venv/.bench-%: environments/bench/%/requirements.lock | $(READY)
	$(BIN)/python -m venv --clear .venv/bench-$*
	.venv/bench-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

setup: $(READY) ## virtual environment from the hashed lock, Java, Delta's jars and an archive of their classes

run: $(LAKE) ## a year of real flights, from raw CSV to scores written back to the lake and judged
	@$(BIN)/python -m aml_pipelines sample flights --if-missing --target $(TARGET)
	@$(BIN)/python -m aml_pipelines run data training batch_inference monitoring --target $(TARGET)

test: $(if $(SPARK),.venv/.spark-$(SPARK),$(READY) $(AZURITE) $(CHECKS)) ## the tests of each part, in a quarter of an hour; with SPARK=4.1 those of tables, on that Spark
	@$(if $(SPARK),JAVA_HOME=$(CURDIR)/$(ON_SPARK)/java $(ON_SPARK)/bin/python -m pytest $(OF_TABLES),$(BIN)/python -m pytest $(PARALLEL)) -m "not ($(NOT))"

test-all: NOT := azure
test-all: test ## every test that needs no cloud (hours): pages from their first to their last command, crashes, runs at once

test-fast: $(READY) ## only the tests that need no JVM, no SDK, no pipeline run and no check of the whole repository
	@$(BIN)/python -m pytest $(PARALLEL) tests/unit tests/contract -m "not (spark or sdk or e2e or checks or $(NOT))"

conformance: $(READY) ## replay recorded sessions of Azure ML (docs/parity.md), and send every route 300 wrong requests
	@$(BIN)/python -m tests.conformance
	@FUZZED_REQUESTS=300 $(BIN)/python -m pytest $(PARALLEL) --quiet tests/conformance/test_fuzzed_requests.py

own-data: $(READY) ## five real datasets from files to scores, each in two commands, with their times
	@OWN_DATA=all $(BIN)/python -m pytest -s tests/e2e/test_own_data.py

chaos: $(READY) $(AZURITE) .venv/.spark-4.1 ## end a process at every point of the main job, run it again, compare: docs/faults.md (hours; with MINUTES=60 a part of it)
	@$(BIN)/python -m tests.chaos.suites
	@SPARK_SUBMIT_OPTS=-XX:TieredStopAtLevel=1 $(BIN)/python -m tests.chaos $(if $(MINUTES),--minutes $(MINUTES))

bench: $(READY) $(if $(CLUSTER),$(AZURITE),$(BENCH_OTHERS)) ## work in turns with other ways to do it: docs/performance.md; SIZE=small|year|10|30|100, WORK="rules …", CLUSTER=1
	@$(BIN)/python -m tests.bench --size $(SIZE) $(if $(CLUSTER),--work cluster,$(if $(WORK),--work $(WORK)))

wheel: $(READY) ## dist/*.whl for other repositories, tried in an environment with its dependencies alone
	$(BIN)/python -m hatchling build --target wheel
	@WHEEL_WITH_DEPENDENCIES=1 $(BIN)/python -m pytest tests/integration/test_wheel.py

lint: $(READY) ## format, style, types, import directions, spelling: every hook of pre-commit
	@$(BIN)/pre-commit run --all-files

plan: $(LAKE) ## every resolved command of every pipeline, without running one
	@$(BIN)/python -m aml_pipelines plan data training batch_inference monitoring --target $(TARGET)

dependencies: $(READY) ## the lock is whole, and every image agrees with it or says why not
	@$(BIN)/python -m pip check --quiet
	@$(BIN)/python -m pytest --quiet tests/contract/test_environments.py

shell: $(READY) ## Python with a Spark session on the lake
	@SPARK_LOCAL_IP=127.0.0.1 JAVA_HOME=$$($(BIN)/python environments/spark/java_home.py) \
		PYSPARK_SUBMIT_ARGS="--conf spark.ui.enabled=false pyspark-shell" \
		$(BIN)/python -i -c 'from spark_jobs.session import spark_session; spark = spark_session("shell")'

lock: ## resolve pyproject.toml and what environments/ asks for anew into their locks (needs uv)
	$(COMPILE) pyproject.toml --group dev -o requirements.lock
	$(COMPILE) environments/checks/requirements.in -o environments/checks/requirements.lock
	$(COMPILE) environments/spark/4.1/requirements.in -o environments/spark/4.1/requirements.lock
	for asked in environments/bench/*/requirements.in; do $(COMPILE) $$asked -o $${asked%.in}.lock || exit 1; done

clean: ## the lakes, their registries, tracking and runs: a clean slate
	rm -rf .lake .lake-azurite

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
