# Two commands are all it takes: `make demo` and `make test`. Each makes its own environment from constraints.txt.
PYTHON ?= python3
RUN := runs/digits-$(shell date +%Y%m%d-%H%M%S)

.PHONY: demo test bench lint clean

demo: .venv/ready
	.venv/bin/ketwork fit digits --out $(RUN)

test: .venv-test/ready
	.venv-test/bin/python -m pytest

bench: .venv-bench/ready
	.venv-bench/bin/python benchmarks/engine.py
	.venv-bench/bin/python benchmarks/noise.py
	.venv-bench/bin/python benchmarks/solve.py
	.venv-bench/bin/python benchmarks/learn.py
	.venv-bench/bin/python benchmarks/search.py

lint: .venv-test/ready
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy
	.venv-test/bin/python tools/house.py
	.venv-test/bin/python tools/pages.py --check

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

.venv-test/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-test
	PIP_CONSTRAINT=constraints.txt .venv-test/bin/python -m pip install --quiet --editable '.[dev]'
	touch $@

.venv-bench/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[peers]'
	touch $@

clean:
	rm -rf .venv .venv-test .venv-bench .pytest_cache .mypy_cache .ruff_cache
