# Two commands: `make demo` shows what Telos finds, `make test` checks that it is right.
# Both take uv from the path when it is there and otherwise fetch it into .tools/.
export UV_PYTHON_DOWNLOADS := never
# Without it every process compiles Numba's Python sources anew: 5 seconds before anything happens, not 2.
export UV_COMPILE_BYTECODE := 1

UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .tools/bin/uv)
TOOL := $(filter .tools/%,$(UV))
OUT ?= results/paperclip

.PHONY: help demo test docs verify lint format types layers check requirements clean

help:
	@echo "make demo          run the paperclip study and write $(OUT)/report.html"
	@echo "make test          run the tests"
	@echo "make docs          write the documentation as a site that opens from a file: site/index.html"
	@echo "make verify        re-check every claim, the published ones included, and run the tests that take long"
	@echo "make check         lint, types, layers and tests: what CI asks for"
	@echo "make lint | format | types | layers | requirements | clean"

demo: $(TOOL)
	@$(UV) run --no-dev telos run paperclip --out "$(OUT)"

test: $(TOOL)
	$(UV) run pytest -n auto --dist worksteal

docs: $(TOOL)
	@$(UV) run --no-dev --group docs python -m website

verify: $(TOOL)
	$(UV) run telos verify
	TELOS_LONG=1 $(UV) run pytest -n auto --dist worksteal -m long

lint: $(TOOL)
	$(UV) run ruff check .
	$(UV) run ruff format --check .

format: $(TOOL)
	$(UV) run ruff check --fix .
	$(UV) run ruff format .

types: $(TOOL)
	$(UV) run mypy --strict src

layers: $(TOOL)
	$(UV) run lint-imports

check: lint types layers test

requirements: $(TOOL)
	$(UV) export --no-emit-project --quiet --output-file requirements/dev.txt

clean:
	rm -rf build dist site .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.tools/bin/uv:
	@python3 -m pip --version >/dev/null 2>&1 || { echo "Neither uv nor pip was found. Install one: on Debian, apt-get install python3-pip." >&2; exit 1; }
	@echo "uv was not found: fetching it into .tools/"
	@python3 -m pip install --quiet --disable-pip-version-check --target .tools uv
