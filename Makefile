# WhisperWave's verbs. `make` lists them. Nothing needs to be activated: each verb makes the
# environment it runs in, and does so again only when the sources or the constraints have changed.

PYTHON ?= python3

# pip reads these for the packages and for what builds them, so that both are pinned.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

SOURCES := pyproject.toml constraints.txt $(wildcard CMakeLists.txt) \
	$(shell find src engine -type f -not -name '*.pyc' -not -name '*.so' 2>/dev/null)
PLAYER := .venv/.installed
TESTING := .venv-test/.installed
DOCUMENTING := .venv-docs/.installed
GENERATION := benchmarks/generation_speed.py
FUZZ_SECONDS ?= 60
WITH_TOOLS = PATH="$(CURDIR)/.venv-test/bin:$$PATH" .venv-test/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check fix prove sanitize emulate bench bench-generation docs clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(PLAYER) ## generate 20 s in the style of three clips, into demo/, without torch
	@mkdir -p demo
	WHISPERWAVE_DATA=demo/library .venv/bin/whisperwave library list
	WHISPERWAVE_DATA=demo/library .venv/bin/whisperwave generate --input 3 7 12 \
		--output demo/calm.wav --seconds 20 --seed 1 --pictures

test: $(TESTING) ## test the installed package
	$(WITH_TOOLS)/pytest -n 2

check: $(TESTING) ## format, lint, types, import contracts, generated pages
	.venv-test/bin/ruff format --check src tests tools benchmarks
	.venv-test/bin/ruff check src tests tools benchmarks
	.venv-test/bin/mypy
	.venv-test/bin/lint-imports
	.venv-test/bin/python tools/cli_reference.py --check
	.venv-test/bin/python tools/generation_speed_page.py --check
	.venv-test/bin/python tools/pitch_accuracy_page.py --check

fix: $(TESTING) ## format, and write the generated pages again
	.venv-test/bin/ruff format src tests tools benchmarks
	.venv-test/bin/ruff check --fix src tests tools benchmarks
	.venv-test/bin/python tools/cli_reference.py
	.venv-test/bin/python tools/generation_speed_page.py
	.venv-test/bin/python tools/pitch_accuracy_page.py

prove: $(TESTING) ## the long proofs; each writes JSON into benchmarks/results
	@mkdir -p benchmarks/results
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(WITH_TOOLS)/pytest tests/prove -n 2 --dist loadfile \
		-o "python_files=prove_*.py" -rs

sanitize: $(TESTING) ## the engine under sanitizers, its model loader fuzzed for FUZZ_SECONDS=60
	$(WITH_TOOLS)/python tests/prove/sanitize_engine.py --fuzz-seconds $(FUZZ_SECONDS)

emulate: $(TESTING) ## the engine's tests on 64-bit ARM, in an emulator
	$(WITH_TOOLS)/python tests/prove/emulate_engine.py

bench: bench-generation ## every benchmark; each answers one question, into benchmarks/results
	for question in $(filter-out $(GENERATION),$(wildcard benchmarks/*.py)); do \
		.venv-test/bin/python $$question || exit 1; done

bench-generation: $(TESTING) ## how fast each way generates, into benchmarks/results and docs/reference
	@mkdir -p benchmarks/results
	.venv-test/bin/python $(GENERATION)
	.venv-test/bin/python tools/generation_speed_page.py

docs: $(DOCUMENTING) ## build the documentation into site/, any warning an error
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet --strict

clean: ## remove what make has made, but no sound and no model
	rm -rf .venv .venv-test .venv-docs build site

.venv/bin/python .venv-test/bin/python .venv-docs/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11; run: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(@D)/..

$(PLAYER): $(SOURCES) | .venv/bin/python
	.venv/bin/python -m pip install --quiet .
	@touch $@

$(TESTING): $(SOURCES) | .venv-test/bin/python
	.venv-test/bin/python -m pip install --quiet '.[train,track,onnx,cluster,dev]'
	@touch $@

$(DOCUMENTING): constraints.txt | .venv-docs/bin/python
	.venv-docs/bin/python -m pip install --quiet mkdocs-material
	@touch $@
