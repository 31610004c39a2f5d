# Two commands matter: `make audit` shows the product, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin
NUMBERS := tests/unit/statistics tests/unit/test_verdicts.py tests/property/test_statistics_gaps.py tests/property/test_monitor_disclosure.py tests/reference tests/monitor/test_rounds.py tests/unit/pipeline/test_shots.py tests/unit/pipeline/test_compare.py
PIP := $(BIN)/pip --disable-pip-version-check -q
INSTALL := $(PIP) install $(INSTALL_OPTIONS) -c constraints.txt
# many tests wait for a browser, a server or a clock
WORKERS ?= $(shell echo $$(($$(nproc) + 1)))
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist worksteal

.PHONY: audit test branches coverage check format lint types layers probes bench validity fuzz lock lock-check vulnerabilities release-check clean

audit: .venv/installed  ## run the disability audit on the bundled reference model
	@$(BIN)/audit run probes/disability.yaml; status=$$?; \
	case $$status in 0|1|4) exit 0;; *) exit $$status;; esac

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) -e .
	@touch $@

.venv/installed-test: .venv/installed
	$(INSTALL) -e '.[test]'
	@touch $@

test: .venv/installed-test  ## every test
	$(PYTEST) --ignore tests/servers

branches: .venv/installed-test  ## every branch of the rooms that make the numbers is run by their tests
	$(PYTEST) $(NUMBERS) --cov=audit.statistics --cov=audit.verdicts --cov-branch --cov-fail-under=100 --cov-report=term-missing:skip-covered

coverage: .venv/installed-test  ## branch coverage of everything; takes twice as long as `make test`
	$(PYTEST) --ignore tests/servers --cov --cov-report=term:skip-covered

.venv/installed-servers: .venv/installed-test
	$(INSTALL) -e '.[servers]'
	@touch $@

test-servers: .venv/installed-servers  ## language models behind real servers on this machine
	AUDIT_REQUIRE_SERVERS=1 $(BIN)/pytest tests/servers

check:  ## everything CI runs, each test once
	$(MAKE) -j 2 --output-sync format lint types layers probes
	$(MAKE) branches
	$(PYTEST) --ignore tests/servers $(addprefix --ignore ,$(NUMBERS))

format: .venv/installed-test
	$(BIN)/ruff format --check -q .

lint: .venv/installed-test
	$(BIN)/ruff check -q .

types: .venv/installed-test
	$(BIN)/mypy

layers: .venv/installed-test
	$(BIN)/lint-imports

probes: .venv/installed-test  ## wordings, grammar and make-up of the shipped probe sets
	$(BIN)/audit probes lint probes/

.venv/installed-bench: .venv/installed-test
	$(INSTALL) -e '.[bench]'
	@touch $@

bench: .venv/installed-bench  ## speed and size, side by side in one run; writes docs/speed.md
	$(BIN)/python -m benchmarks.report
	$(BIN)/python -m benchmarks.importing
	$(BIN)/python -m benchmarks.speed

validity: .venv/installed-test  ## every statistical claim, measured; writes docs/validity.md
	$(BIN)/python -m benchmarks.validity

FUZZ_SECONDS ?= 600
fuzz: .venv/installed-test  ## ten minutes of hostile input, guided by coverage where atheris is installed
	AUDIT_FUZZ_FIRST=-1 AUDIT_FUZZ_SECONDS=$$(($(FUZZ_SECONDS) / 8)) $(BIN)/pytest -q tests/fuzz
	$(INSTALL) -e '.[fuzz]'
	for target in probe_yaml run_log recorded_file http_answer; do \
	$(BIN)/python -m tests.fuzz.guided $$target $$(($(FUZZ_SECONDS) / 8)) || exit 1; done

.venv/installed-release: .venv/installed-test
	$(INSTALL) -e '.[release]'
	@touch $@

lock: .venv/installed-release  ## requirements.lock from pyproject.toml and constraints.txt
	$(BIN)/python -m release.lock

lock-check: .venv/installed-release  ## the lock agrees with both, and the index has its files
	$(BIN)/python -m release.lock --check

vulnerabilities: .venv/installed-release  ## of the locked packages; SKIPPED where nobody can be asked
	$(BIN)/python -m release.vulnerabilities

release-check: lock-check vulnerabilities  ## and the wheel in an environment made of the lock, with its SBOM
	$(BIN)/pytest -q tests/release
	$(BIN)/python -m release.wheel --locked --keep dist

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .coverage
