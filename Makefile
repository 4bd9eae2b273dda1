# Everything a fresh machine needs: `make run` (the main job) and `make test`. Both install what is missing first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: setup run test lint lock bench clean

setup: $(VENV)/.installed
	@sh .ci/system-packages browser
	@sh .ci/system-packages postgres

$(VENV)/.installed: bootstrap.lock requirements.lock pyproject.toml
	@sh .ci/system-packages python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r bootstrap.lock
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: setup
	$(BIN)/stance demo $(ARGS)

test: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

lock: setup
	printf 'uv\n' | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 - -o bootstrap.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra dev --group encoder pyproject.toml -o requirements.lock

bench: setup
	$(BIN)/python benchmarks/loop.py
	$(BIN)/python benchmarks/segmentation.py
	$(BIN)/python benchmarks/corpus.py --sizes 1,10

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
