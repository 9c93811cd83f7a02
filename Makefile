# make report   everything: set-up, data, training, notebooks, figures, PDF and HTML
# make test     lint and tests
# make bench    speed of the training steps against an older form, on this machine
# make slurm    the report on a Slurm of this machine alone (needs Debian's slurm-wlm)
# make lock     write requirements.lock anew; without the old one, with the newest releases that pyproject.toml allows
# make audit    look up the locked packages in the lists of known vulnerabilities
# make golden   record the notebooks' expected outputs anew (after a change that was meant)
#
# REPORT=folder of a report of your own (hwlib new)
# PROFILE=smoke|quick|study|paper   DATA=avatars|avatars:course|folder|zip   SEED=0   SEEDS=as the profile has   JOBS=processors   PYTHON=interpreter
# EXECUTOR=slurm   JOBS=64      on a cluster, so many jobs at once, by any executor plug-in of Snakemake (docs/scale.md)

REPORT ?= $(HWLIB_REPORT)
PROFILE ?= quick
DATA ?= avatars
SEED ?= 0
SEEDS ?= 0
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && command -v $$p && break; done)

BIN := .venv/bin
READY := .venv/ready
UV := .tools/bin/uv
export PYTHONUNBUFFERED := 1
export OPENBLAS_NUM_THREADS ?= 1

# How Snakemake runs jobs: by this machine's processors, or by an executor plug-in and its profile in cluster/.
# Errors of jobs are told with the rules, and only here stand on the screen anyway.
ON := --cores $(JOBS) --quiet rules host reason
ifdef EXECUTOR
ON := --executor $(EXECUTOR) --jobs $(JOBS) $(addprefix --profile ,$(wildcard cluster/$(EXECUTOR))) --quiet host reason
endif

.PHONY: report counts test bench slurm golden lock audit

report: export HWLIB_REPORT := $(REPORT)
report: counts $(READY) $(EXECUTOR:%=.venv/executor-%)
	@$(BIN)/python -m hwlib data --profile "$(PROFILE)" --data "$(DATA)" --seed "$(SEED)" $(if $(REPORT),,--tagged)
	@$(BIN)/snakemake $(ON) --nolock --rerun-incomplete --rerun-triggers mtime input params \
		--config profile="$(PROFILE)" data="\"$(DATA)\"" seed="$(SEED)" seeds="$(SEEDS)" $(EXECUTOR:%=jobs="$(JOBS)")

counts:
	@for each in "SEEDS=$(SEEDS)" "JOBS=$(JOBS)"; do case "$${each#*=}" in \
		"" | *[!0-9]*) echo "hwlib: $$each: say how many, as $${each%%=*}=3." >&2; exit 2 ;; esac; done

test: $(READY)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-logo --no-cache
	@PYTHONWARNINGS=ignore:Field $(BIN)/python -m pytest -n 2 --dist loadgroup

bench: $(READY)
	@$(BIN)/python tests/bench.py

slurm: $(READY) .venv/executor-slurm
	@$(BIN)/python -m pytest tests/slurm.py

golden: $(READY)
	@$(BIN)/python tests/golden.py

# The set-up: uv from the package registry, then exactly what requirements.lock names, compiled once (half a minute):
# where PYTHONDONTWRITEBYTECODE is set, as in many containers, each process would compile TensorFlow anew, for 10 s.
$(READY): requirements.lock pyproject.toml | $(UV)
	@echo "installing packages into .venv (about 3 GB, once)"
	@$(UV) venv --quiet --clear --python "$(PYTHON)" .venv
	@VIRTUAL_ENV=.venv $(UV) pip sync --quiet --compile-bytecode requirements.lock
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --editable .
	@touch $@

.venv/executor-%: $(READY)
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --constraint requirements.lock --editable '.[cluster]' snakemake-executor-plugin-$*
	@touch $@

$(UV):
	@test -n "$(PYTHON)" || { echo "hwlib needs Python 3.11, 3.12 or 3.13 and found none: install one, or say PYTHON=/path/to/python3.12." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "hwlib needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is %d.%d: say PYTHON=/path/to/python3.12." % v)'
	@$(PYTHON) -c 'import shutil, sys; free = shutil.disk_usage(".").free >> 20; sys.exit(None if free > 5000 else "hwlib needs 5,000 MB of disk space for its packages and caches; here are %d MB free." % free)'
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv \
		|| { echo "uv could not be installed: this needs pip ($(PYTHON) -m pip) and a package registry." >&2; exit 1; }

# As few versions of a package as the three Pythons allow: of what is in the keys of results, one.
lock: $(UV)
	@$(UV) pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --no-emit-index-url --no-annotate --no-header \
		--extra dev --extra course --extra tensorboard pyproject.toml -o requirements.lock

# Where the lists cannot be reached, one line says of how many packages nothing is known.
audit: $(UV)
	@told=$$($(UV) tool run --quiet pip-audit --no-deps --disable-pip --progress-spinner off --requirement requirements.lock 2>&1); \
	code=$$?; unknown=$$(echo "$$told" | grep -c "could not be audited"); \
	test "$$unknown" = 0 || echo "$$unknown packages could not be looked up (the list cannot be reached from here); of the rest:"; \
	echo "$$told" | grep -v -e "could not be audited" -e "^Name *Skip Reason" -e "^-* -*$$" -e "^WARNING"; \
	exit $$code
