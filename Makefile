# make try: cells of an image without training. make demo: from nothing to results/demo/report.html. Needs Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin
# The environment first on the path: rules call `python`.
export PATH := $(CURDIR)/$(BIN):$(PATH)
INSTALLED := .venv/installed

.PHONY: help install try demo results league tools lock-tools test test-slurm check format schema lock bench lock-bench clean

help:
	@echo "make try         cells of a sample image, without training -> results/try"
	@echo "make demo        a complete study on synthetic images -> results/demo/report.html"
	@echo "make results     what is published of deposited studies again, from docs/results/deposit alone"
	@echo "make league      our networks beside StarDist, Cellpose, nnU-Net and MONAI's U-Net, trained here -> results/league (LEAGUE='mirror.yaml')"
	@echo "make tools       the environments of those tools, in .tools (TOOLS='stardist cellpose' for some; about 9 GB in all)"
	@echo "make test        the test suite"
	@echo "make test-slurm  the tests' study on a temporary Slurm of one node (root, Debian; SLURM='--write docs/reliability.md')"
	@echo "make check       ruff, format, mypy, snakefmt, snakemake --lint"
	@echo "make format      apply what ruff and snakefmt can repair"
	@echo "make install     create .venv from requirements.lock"
	@echo "make schema      update workflow/schemas/config.schema.yaml from the typed settings"
	@echo "make lock        update requirements.lock and envs/uv.lock from pyproject.toml"
	@echo "make lock-tools  update workflow/tools/*/requirements.lock (TOOLS=... for some)"
	@echo "make bench       speed against other libraries, in .venv-bench (BENCH='--mirror mirror.yaml' for ISBI-2012)"
	@echo "make lock-bench  update benchmarks/peers.lock from benchmarks/peers.in and pyproject.toml"
	@echo "make clean       remove results, resources, logs and caches (make clean-all: also .venv)"

install: $(INSTALLED)

$(INSTALLED): requirements.lock envs/uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"error: Python {sys.version.split()[0]} found; unetlib needs 3.11 or newer: make install PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/uv.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

try: $(INSTALLED)
	unetlib predict demo-nuclei docs/quickstart/nuclei.tif -o results/try --overlay --overwrite
	unetlib measure results/try/nuclei_labels.tif --intensity docs/quickstart/nuclei.tif -o results/try/cells.csv --overwrite
	@echo "open results/try/nuclei_overlay.png (the cells that were found), results/try/cells.csv (a table of them)"

demo: $(INSTALLED)
	snakemake --configfile studies/demo.yaml
	@echo "open results/demo/report.html"

results: $(INSTALLED)
	python -m tools.results

league: tools
	snakemake --configfile studies/cpu.yaml studies/league.yaml $(LEAGUE)
	@echo "open results/league/report.html"

tools: $(INSTALLED)
	python -m tools.install_tools $(TOOLS)

lock-tools: $(INSTALLED)
	python -m tools.install_tools --lock $(TOOLS)

# Two processes. The tests of a file stay in one of them, as they share what they make.
test: $(INSTALLED)
	pytest -n 2 --dist loadfile

test-slurm: $(INSTALLED)
	@python tests/slurm/run.py $(SLURM); status=$$?; [ $$status = 77 ] || exit $$status

check: $(INSTALLED)
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint --configfile studies/demo.yaml

format: $(INSTALLED)
	ruff check --fix-only --quiet .
	ruff format --quiet .
	snakefmt Snakefile workflow

schema: $(INSTALLED)
	python -m tools.write_schema

lock: $(INSTALLED)
	uv pip compile --quiet --generate-hashes --extra export --extra workflow --extra slurm --extra test --extra check --python-version 3.11 --universal --no-emit-index-url -o requirements.lock pyproject.toml
	echo uv | uv pip compile --quiet --generate-hashes --python-version 3.11 --universal --no-emit-index-url - -o envs/uv.lock

# The other libraries are measured, never needed: .venv-bench has them, hash-checked like everything else.
bench: .venv-bench/installed
	PYTHONPATH=$(CURDIR) .venv-bench/bin/python -m benchmarks $(BENCH)

.venv-bench/installed: $(INSTALLED) benchmarks/peers.lock
	$(PYTHON) -m venv .venv-bench
	$(BIN)/uv pip install --quiet --compile-bytecode --python .venv-bench/bin/python --require-hashes -r benchmarks/peers.lock
	@touch $@

lock-bench: $(INSTALLED)
	uv pip compile --quiet --generate-hashes --extra workflow --extra test --python-version 3.11 --universal --no-emit-index-url -c requirements.lock -o benchmarks/peers.lock benchmarks/peers.in pyproject.toml

clean:
	rm -rf results resources logs .snakemake .mypy_cache .ruff_cache .hypothesis build *.egg-info

clean-all: clean
	rm -rf .venv .venv-bench .tools
