# Everything here sets itself up: Python 3.11 or newer, make and git are enough.
#
#   make figures     the figures of the shipped sample, in figures/
#   make test        the tests
#   make check       what the tests do not see: style, types, notebooks committed as executed
#   make notebooks   run the notebooks and keep their outputs
#   make lab         open the notebooks in JupyterLab
#   make bench       speed and memory against named peers, in one run
#
# RECORDS=folder draws the figures of your own records: make figures RECORDS=~/records

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RECORDS ?=
FIGURES ?= figures

.PHONY: figures test check notebooks lab bench clean
.DEFAULT_GOAL := figures

figures: $(VENV)/.package
	$(BIN)/coverage-research figures $(RECORDS) --to $(FIGURES)

test: $(VENV)/.dev
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest --cov --cov-report=term -n auto --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

notebooks: $(VENV)/.dev
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace \
	  --ExecutePreprocessor.record_timing=False notebooks/*.ipynb
	$(BIN)/ruff format notebooks

lab: $(VENV)/.dev
	$(BIN)/jupyter lab notebooks

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/bench_reading.py
	$(BIN)/python benchmarks/bench_framing.py
	$(BIN)/python benchmarks/bench_words.py
	$(BIN)/python benchmarks/bench_attributions.py
	$(BIN)/python benchmarks/bench_flow.py
	$(BIN)/python benchmarks/bench_reuse.py
	$(BIN)/python benchmarks/bench_stories.py
	$(BIN)/python benchmarks/bench_explorer.py

clean:
	rm -rf $(VENV) figures .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis dist

$(VENV)/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; set PYTHON=python3.12 or the like")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.package: $(VENV)/pyvenv.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.dev: $(VENV)/pyvenv.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.package
