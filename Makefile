# Everything a person does with this tree. Only Python 3.11 or newer is needed.
PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/runtime.stamp
DEVELOPMENT := .venv/development.stamp
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml

.DEFAULT_GOAL := help
# Whoever sets this would compile every module anew at each start, and the tests start some hundred servers.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test coverage check lint format lock messages bench soak

help:
	@echo "make run       start the chat on http://127.0.0.1:8000 (HOST and PORT change that)"
	@echo "make test      check the code and run all tests, on SQLite and on PostgreSQL with Redis"
	@echo "make coverage  run the tests on SQLite and tell which lines they never reach"
	@echo "make check     lint, format, types and migrations; changes nothing"
	@echo "make lint      the same lint, mending what it can"
	@echo "make format    format the code"
	@echo "make lock      pin requirements*.txt from pyproject.toml"
	@echo "make messages  bring the words of locale/ up to date, and compile them (needs GNU gettext)"
	@echo "make bench     measure what docs/operations.md promises"
	@echo "make soak      look for lost text for an hour, with new schedules (ROUNDS, MINUTES, TEST_HOME=postgres),"
	@echo "               then for what the API's schema does not say (EXAMPLES)"

run: $(RUNTIME)
	@$(BIN)/python -m chatproject.bootstrap
	@exec $(BIN)/python manage.py serve

test: $(DEVELOPMENT)
	@$(BIN)/python -m tests.run

coverage: $(DEVELOPMENT)
	@$(BIN)/python -m tests.run --coverage

check: $(DEVELOPMENT)
	@$(BIN)/python -m tests.run --only-checks

lint: $(DEVELOPMENT)
	@$(BIN)/ruff check --fix .

format: $(DEVELOPMENT)
	@$(BIN)/ruff format .

messages: $(RUNTIME)
	@$(BIN)/python -m chatproject.messages

bench: $(DEVELOPMENT)
	@$(BIN)/python -m benchmarks

soak: $(DEVELOPMENT)
	@SOAK_ROUNDS=$(or $(ROUNDS),1000) SOAK_MINUTES=$(or $(MINUTES),60) $(BIN)/python -m pytest -q -n 2 tests/resume
	@SOAK_EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/python -m pytest -q tests/api/test_schema.py

lock:
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PYTHON) -m venv "$$folder" && "$$folder/bin/pip" install -qq --disable-pip-version-check uv && \
	PATH="$$folder/bin:$$PATH" && \
	$(LOCK) --output-file requirements.txt && \
	$(LOCK) --group dev --constraint requirements.txt --output-file requirements-dev.txt

$(RUNTIME): requirements.txt | .venv/bin/python
	@echo "Installing what the chat needs (once) ..."
	@$(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt | .venv/bin/python
	@echo "Installing what the tests need (once) ..."
	@$(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; say which: make run PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
