# Two commands are all that a fresh machine needs: `make run` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi

.DEFAULT_GOAL := help
.PHONY: help run test check bench screenshots format lock clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: .venv/run vendor ## Run the whole shop: web, worker, and stand-ins for Stripe and mail where none are set
	@exec $(FLASK) up

test: .venv/test ## Check everything: lint, types, contracts, all tests on both databases, in a browser
	$(MAKE) --no-print-directory lint
	$(BIN)/pytest --database both -n 2 --dist worksteal

check: .venv/test ## The fast half of `make test`: lint, types, contracts, tests without a browser on SQLite
	$(MAKE) --no-print-directory lint
	$(BIN)/pytest -q -n 2 -m "not journey and not slow"

bench: .venv/test ## Measure speed and memory, each beside its reference in the same run
	$(BIN)/python -m tests.bench

screenshots: .venv/test ## Picture every kind of page at five widths, light and dark, into var/screenshots
	$(BIN)/python -m tests.screenshots

format: .venv/test ## Put the code into its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/test ## Write the lock files anew from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --group dev pyproject.toml -o requirements-dev.txt

clean: ## Remove what the other commands made, except the shop's data in var/
	rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: lint vendor
lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

vendor: .venv/run # without a network the site uses the system's typefaces
	@$(BIN)/python -m core.web.vendor || true

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.x run")'
	$(PYTHON) -m venv .venv

# Not compiled ahead: Python does it for what is imported, which is a small part, when it first is.
.venv/run: requirements.txt | .venv/bin/python
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/test: requirements-dev.txt package-lock.json .venv/run
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m core.web.vendor --dev || true
	@touch $@
