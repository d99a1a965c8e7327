# make demo   sets up .venv, programs for Keras and the page included, and trains a classifier on real handwritten digits, in about a minute
# make test   sets up the test tools as well, and checks everything
# make quick  what a change is checked with while one works on it: lint, types, the fast tests; under 90 seconds
# make test-whole  published weights on all 10,000 pictures of CIFAR-10, of which make test takes a tenth: a minute
# make test-mlflow, make test-wandb  the extra of that name, in a virtual environment of its own, and its tests: both bring
#             dozens of packages, so make test leaves them out
# make test-notebook  the extra notebook, likewise, and its tests, with real kernels
# make test-export, make test-serve  the extras of these names, in one virtual environment of their own, and their tests
# make test-datasets  the tests of data from other libraries, with Hugging Face's datasets beside them
# make lint   ruff and mypy alone
# make bench  sets up .venv-bench with Keras on TensorFlow, JAX and PyTorch, and measures the training step beside
#             them: about ten minutes on two cores; ARGS=--quick about four, ARGS=lenet5 one network
#             (this code against an earlier commit: benchmarks/step_against.py, and same_trainings.py for its results)
# make torture  kills at random system calls, full disks, flipped bits, 10,000 damaged and hostile files: 40 to 50 minutes
#             on two cores; ARGS="--kills 50 --files 500 --seed 3 --verbs train" scales it (tests/torture)
PYTHON ?= python3
# The fast tests of every room: what most changes break. Of the contracts, those that take a minute by themselves are not.
SLOW := $(patsubst %,tests/contract/test_%.py,contributing course_networks networks views)
QUICK := $(filter-out $(SLOW),$(sort $(wildcard tests/contract/test_*.py))) tests/unit/runs tests/unit/console
VENV := .venv
BIN := $(VENV)/bin
# torch comes first, in the pinned version: what depends on it would otherwise pull in another build.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Where it is set, every process that a test starts compiles all of Prunelle, and pytest rewrites every test anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-whole test-mlflow test-wandb test-notebook test-export test-serve test-datasets quick lint bench torture clean

demo: $(VENV)/.installed
	$(BIN)/prunelle train

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

quick: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile $(QUICK)

# A worker that died is not replaced: pytest-xdist loses tests, or waits for ever, where one of a file's tests killed it.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

test-whole: $(VENV)/.test-installed
	OMP_NUM_THREADS=1 $(BIN)/pytest -m whole

test-mlflow test-wandb: test-%: .venv-%/.installed
	OMP_NUM_THREADS=1 .venv-$*/bin/pytest tests/unit/trackers/test_$*.py

test-notebook: .venv-notebook/.installed
	OMP_NUM_THREADS=1 .venv-notebook/bin/pytest -n 2 --dist worksteal tests/notebooks
	OMP_NUM_THREADS=1 .venv-notebook/bin/pytest tests/docs/test_commands.py -k "notebooks.md or ipynb or tutorials"

test-export: .venv-export/.installed
	OMP_NUM_THREADS=1 .venv-export/bin/pytest -n 2 --dist loadfile tests/exports
	OMP_NUM_THREADS=1 .venv-export/bin/pytest tests/docs/test_commands.py -k "export or serve"

test-serve: .venv-export/.installed
	OMP_NUM_THREADS=1 .venv-export/bin/pytest -n 2 --dist loadfile tests/serve

.venv-export/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-export
	.venv-export/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	.venv-export/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable '.[export,serve,test]'
	@touch $@

test-datasets: .venv-datasets/.installed
	OMP_NUM_THREADS=1 .venv-datasets/bin/pytest tests/integration/test_datasets.py

.venv-datasets/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-datasets
	.venv-datasets/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	.venv-datasets/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable '.[test]' datasets
	.venv-datasets/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-deps torchvision
	@touch $@

.venv-mlflow/.installed .venv-wandb/.installed .venv-notebook/.installed: .venv-%/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable '.[$*,test]'
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Prunelle needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	@echo "Installing (PyTorch is large; the first time takes a few minutes)…"
	$(INSTALL) torch
	$(INSTALL) --editable '.[keras,page]'
	@touch $@

$(VENV)/.test-installed: $(VENV)/.installed
	$(INSTALL) --editable '.[test]'
	@# Oracles only. Without their dependencies: torchvision's would bring another build of torch.
	$(INSTALL) --no-deps torchvision timm
	@touch $@

torture: $(VENV)/.test-installed
	PYTHONPATH=src $(BIN)/python -m tests.torture $(ARGS)

bench: .venv-bench/.installed
	.venv-bench/bin/python benchmarks/training_step.py $(ARGS)

.venv-bench/.installed: pyproject.toml constraints-bench.txt
	$(PYTHON) -m venv .venv-bench
	@echo "Installing (PyTorch and TensorFlow are large; the first time takes several minutes)…"
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-bench.txt torch
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-bench.txt \
		keras tensorflow-cpu jax --editable .
	@touch $@

clean:
	rm -rf $(VENV) .venv-bench .venv-mlflow .venv-wandb .venv-notebook .venv-export .venv-datasets build dist .pytest_cache .mypy_cache .ruff_cache
