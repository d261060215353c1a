# Every target sets up what it needs on a machine with Python 3.11 or newer, pip and make.
#   make demo PYTHON=python3.13        another interpreter for the virtual environment
#   make test ARGS="-k sampler"        options for pytest
#   make bench ONLY=select,evaluate    some of the benchmarks

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
ONLY ?=
CORPUS ?= ../shared/corpus

BIN := $(VENV)/bin
INSTALL := $(BIN)/python requirements/install.py
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help demo test test-llm test-libraries fault fault-nightly check format accuracy accuracy-peers monitoring deploy bench collector proto lock clean
.SUFFIXES:
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(RUNTIME) ## Serve on embedded defaults, play sample traffic, show the scores, keep serving
	$(BIN)/otel-evaluator demo $(ARGS)

test: $(DEV) ## Run the tests, without those marked slow and the longer fault injection
	$(BIN)/python -m pytest -q -m "not slow and not faultjob and not nightly and not local_model" --ignore tests/libraries $(ARGS)

test-llm: $(DEV) ## Run the tests that ask a small local model (downloads 240 MB once)
	$(BIN)/python -m pytest -q -m local_model tests/local_model $(ARGS)

test-libraries: $(DEV) ## Run metrics of DeepEval, ragas and others as evaluators (downloads 250 MB once)
	PYTHONPATH=. $$($(BIN)/python -c "from tests.support.cache import environment; print(environment('libraries'))") \
		-m pytest -q -W default -p no:cacheprovider tests/libraries $(ARGS)

fault: $(DEV) ## Kill, fill the disk, take sinks away: up to ten minutes of fault injection
	$(BIN)/python -m tests.fault.job $(ARGS)

fault-nightly: $(DEV) ## All fault injection at length: 1,000 kills, every call, half an hour of load
	$(BIN)/python -m pytest -q -m "fault and not faultjob and not nightly" --fault-report docs/fault-run.json
	$(BIN)/python -m tests.fault.job --fault-report docs/fault-run.json
	FAULT_CALLS=100000 $(BIN)/python -m pytest -q -m nightly --fault-report docs/fault-run.json $(ARGS)
	$(BIN)/python -m tests.fault.kills --kills 1000 --report docs/fault-run.json
	$(BIN)/python docs/generate.py

check: $(DEV) ## Lint, formatting, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## Format the code and apply safe lint fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

monitoring: $(DEV) ## Simulate the watching of scores and write docs/monitoring.md
	$(BIN)/python docs/monitoring.py

deploy: $(DEV) ## Write the rules, dashboards and settings in deploy/ anew
	$(BIN)/otel-evaluator rules --config deploy/evaluator.yaml --output deploy/prometheus/rules.yaml
	$(BIN)/otel-evaluator rules --config deploy/evaluator.yaml --format alertmanager --output deploy/alertmanager/alertmanager.yaml
	$(BIN)/otel-evaluator rules --config deploy/evaluator.yaml --format grafana --output deploy/grafana/provisioning/alerting/otel-evaluator.yaml
	$(BIN)/otel-evaluator dashboards --output deploy/grafana/dashboards
	$(BIN)/otel-evaluator schema --config deploy/clickhouse/cluster.yaml > deploy/clickhouse/cluster.sql
	mkdir -p deploy/helm/otel-evaluator/files/dashboards
	cp deploy/prometheus/rules.yaml deploy/helm/otel-evaluator/files/
	cp deploy/grafana/dashboards/*.json deploy/helm/otel-evaluator/files/dashboards/

accuracy: $(DEV) ## Measure the built-in checks on labelled traffic and write docs/accuracy.md
	PYTHONPATH=. $(BIN)/python docs/accuracy.py $(CORPUS)

accuracy-peers: $(DEV) ## Measure other libraries' metrics on the same traffic; the end of docs/accuracy.md
	PYTHONPATH=. $(BIN)/python -m tests.bench.peer_checks $(CORPUS)

bench: $(DEV) ## Measure speed and memory beside rotel and the Collector
	$(BIN)/python -m tests.bench --only "$(ONLY)" $(ARGS)

collector: $(DEV) ## Build the OpenTelemetry Collector that tests and benchmarks use (needs Go)
	$(BIN)/python -m tests.collector.build

proto: $(DEV) ## Generate the wire view's code from proto/
	$(BIN)/python -m grpc_tools.protoc -Iproto --plugin=$(BIN)/protoc-gen-mypy \
		--python_out=otel_evaluator/wire --mypy_out=otel_evaluator/wire proto/otlp_view.proto

lock: $(DEV) ## Resolve requirements/*.txt anew (UPGRADE=1 takes newer versions)
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra embedded pyproject.toml requirements/build.in \
		-o requirements/runtime.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra embedded --group dev pyproject.toml \
		requirements/build.in -c requirements/runtime.txt -o requirements/dev.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --prerelease allow requirements/instrumented-app.in \
		-o requirements/instrumented-app.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) requirements/rotel.in -o requirements/rotel.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) requirements/local-model.in -o requirements/local-model.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra embedded pyproject.toml requirements/build.in \
		requirements/libraries.in -o requirements/libraries.txt

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis bench-results

# The project is installed without build isolation: what builds it is in the hashed requirements.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(INSTALL) requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	$(INSTALL) requirements/dev.txt
	@touch $@
