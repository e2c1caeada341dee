# Everything a person runs, in one list. `make demo` and `make test` need only Python >= 3.11, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo test hard blind browser-full pictures check bench docs clean

demo: $(VENV)/.installed        ## the seeded demonstration; ARGS="--once --port 9000"
	@$(BIN)/cellcustody demo $(ARGS)

test: $(VENV)/.installed-dev    ## every test, on both engines; bytecode is kept, for a hundred processes import the product
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

hard: $(VENV)/.installed-dev    ## 1,000 kills of the service an engine, 100 of PostgreSQL, 1,000 power cuts; about 40 minutes
	@CELLCUSTODY_FULL=1 $(BIN)/python -m pytest tests/store/test_processes.py tests/store/test_power_cuts.py $(ARGS)

blind: $(VENV)/.installed-dev   ## blinding in full: 12 worlds an engine, 2,000 kits in 5 lists, times; an hour and a half
	@CELLCUSTODY_FULL=1 $(BIN)/python -m pytest tests/blinding $(ARGS)
	@$(BIN)/cellcustody doctor --blinding
	@$(BIN)/python -m inventory.worlds

browser-full: $(VENV)/.installed-dev ## the pages in every keyboard layout, theme and width
	@CELLCUSTODY_BROWSER=full $(BIN)/python -m pytest tests/pages $(ARGS)

pictures: $(VENV)/.installed-dev ## take the documents' pictures anew, in the browser
	@CELLCUSTODY_BROWSER=pictures $(BIN)/python -m pytest tests/pages/test_pictures.py $(ARGS)

check: $(VENV)/.installed-dev   ## format, lint, types, import contracts, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docs.py

bench: $(VENV)/.installed-dev   ## the benchmarks, as ratios
	@$(BIN)/python -m tests.bench $(ARGS)

docs: $(VENV)/.installed-dev    ## write the generated parts of the documents anew
	@$(BIN)/python -m inventory.domain.drawings docs
	@$(BIN)/python -m inventory.web.catalogue docs/refusals.md
	@$(BIN)/python -m inventory.cli.reference docs/cli.md

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "CellCustody needs Python 3.11 or newer; this is $$($(PYTHON) --version)."; exit 3; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || if [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq python3-venv; \
	else echo "ensurepip is missing: apt-get install python3-venv"; exit 3; fi
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml tests/constraints.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c tests/constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml tests/constraints.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c tests/constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed
