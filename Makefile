# make demo   everything from nothing: environment, install, one object removed from the sample photo
# make test   formatting, lint, types and all tests, in the same environment with the development extras
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test format clean
.DEFAULT_GOAL := demo

demo: .venv/installed
	$(BIN)/retoucher demo --output demo --overwrite

test: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest -n 2

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@

clean:
	rm -rf .venv demo build dist src/*.egg-info
