# Everything from a bare Debian or Ubuntu machine: `make demo` or `make test`. Each target sets up what it needs.

PREFIX ?= /usr/local
# `make bundle LIBTORCH_INSIDE=no` leaves libtorch out (it is then found as README.md tells).
LIBTORCH_INSIDE ?= yes
# `make gpu-proof ARGS="--minutes 10 --photos DIR --comics DIR --features FILE"` trains too.
ARGS ?=
# `make test-mutations N=10000`, `make test-kills N=100`; COMICVID_SEED=… runs the same cases again.
N ?= 1000

# setup.sh puts Rust there where there is none.
export PATH := $(HOME)/.cargo/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup build demo ray test test-rigs test-vm test-farm test-mutations test-films test-kills bench bench-farm bench-memory install uninstall bundle gpu-proof cards samples clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 23

setup: ## install what is missing: system packages, Rust, libtorch
	@./setup.sh

build: setup ## build target/release/comicvid
	cargo build --release

demo: build ## turn samples/clip.mp4 into a comic film beside it
	@target/release/comicvid samples/clip.mp4 samples/clip-comic.mp4 --overwrite
	@echo "The film is samples/clip-comic.mp4"

test: ## run every test
	@./setup.sh --test
	cargo test

test-rigs: ## run the tests with a fake camera, a screen and OBS (needs root or fusermount3, and /dev/fuse)
	@./setup.sh --test
	cargo test --test rig_camera --test rig_desktop --test rig_disk -- --ignored

test-vm: ## run against real drivers, vivid and v4l2loopback, in a virtual machine (Debian; minutes; a download of 70 MB, once)
	@./setup.sh --test --vm
	cargo build
	@tests/vm/run.sh

ray:
	@./setup.sh --test --farm
	@test -x .venv/bin/python || python3 -m venv .venv
	@.venv/bin/python -c 'import ray' 2>/dev/null || .venv/bin/python -m pip install --quiet 'ray==2.60.0'

test-farm: ray ## draw films on a Ray cluster whose workers and machines are killed, and by Slurm's driver (gets Ray into .venv; needs no GPU)
	cargo build
	.venv/bin/python tests/farm/test_ray.py
	.venv/bin/python tests/farm/test_slurm.py

test-mutations: ## draw N damaged clips and read N damaged files: no panic, no hang, no torso of a film
	@./setup.sh --test
	COMICVID_MUTATIONS=$(N) cargo test --test robust damaged -- --nocapture

test-films: ## check with the films in the folder DIR that frames, times, sounds, shape and tags stay
	@./setup.sh --test
	COMICVID_FILMS=$(abspath $(DIR)) cargo test --test files films_of_ones_own -- --ignored --nocapture

test-kills: ## kill N runs at random moments and go on with them: the film must be the undisturbed one
	@./setup.sh --test
	COMICVID_KILLS=$(N) cargo test --test robust killed -- --nocapture

bench: build ## measure this machine: whole program, then each part
	target/release/comicvid bench
	cargo bench

bench-farm: build ray ## measure what dividing a film among two workers of Ray costs
	.venv/bin/python tests/farm/bench_ray.py

bench-memory: build ## draw a film of MINUTES (10) and tell how the program's memory grows
	@./setup.sh --test
	scripts/memory.sh target/release/comicvid $(or $(MINUTES),10)

install: ## put program and libraries into PREFIX (build first if you use sudo: make build && sudo make install)
	@test -x target/release/comicvid || $(MAKE) build
	@command -v patchelf >/dev/null || ./setup.sh --bundle
	@scripts/stage.sh '$(DESTDIR)$(PREFIX)'
	@echo "Installed $(DESTDIR)$(PREFIX)/bin/comicvid"

uninstall: ## take them away again
	rm -rf '$(DESTDIR)$(PREFIX)/bin/comicvid' '$(DESTDIR)$(PREFIX)/lib/comicvid'

bundle: ## pack an archive in dist/ that runs on other x86-64 Linux machines
	@./setup.sh --bundle
	cargo build --release
	@scripts/bundle.sh '$(LIBTORCH_INSIDE)'

gpu-proof: ## on a machine with an NVIDIA GPU: compare it with the CPU, measure both, print one table
	@./setup.sh --cuda
	cargo build --release
	@scripts/gpu_proof.py $(ARGS)

cards: build ## draw the pictures of the styles again
	@./setup.sh --test
	@scripts/cards.sh

samples: setup ## render samples/ again (minutes)
	cargo run --release --no-default-features --example render_sample

clean: ## remove what was built; .libtorch stays
	cargo clean
	rm -rf dist
