# The two commands of this project are `make run` and `make test`; `make help` lists the others.

JOBS ?= $(shell nproc)
ARGS ?=
MINUTES ?= 5

.DEFAULT_GOAL := help
.PHONY: help run cli test compat soak build bench lint tidy format manual clean packages-run packages-test packages-bench

help: ## Show this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: packages-run ## Build a release and start nacre-server; flags: make run ARGS="--port 7000"
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --parallel $(JOBS) --target nacre-server
	@exec build/release/bin/nacre-server $(ARGS)

cli: packages-run ## Build a release and start nacre-cli; arguments: make cli ARGS="-p 7000"
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --parallel $(JOBS) --target nacre-cli
	@exec build/release/bin/nacre-cli $(ARGS)

test: packages-test ## Build with assertions, run the quick suite, end with "N passed, N failed"
	@JOBS=$(JOBS) cmake/run-tests.sh dev --label-exclude '^slow$$'

compat: packages-test ## Redis's own test suite against the server; SERVER=PROGRAM judges another build
	@[ -n "$(SERVER)" ] || { cmake --preset release --log-level=WARNING >/dev/null && \
	  cmake --build --preset release --parallel $(JOBS) --target nacre-server; }
	@exec /usr/bin/python3 tests/compat/run.py --server "$(or $(SERVER),build/release/bin/nacre-server)" $(ARGS)

soak: packages-test ## Clients that leave at any byte, and flat memory; MINUTES=5, SERVER=PROGRAM, ARGS="--seed N"
	@[ -n "$(SERVER)" ] || { cmake --preset release --log-level=WARNING >/dev/null && \
	  cmake --build --preset release --parallel $(JOBS) --target nacre-server; }
	@exec /usr/bin/python3 tests/soak/soak.py --seconds $$(( $(MINUTES) * 60 )) $(ARGS) \
	  "$(or $(SERVER),build/release/bin/nacre-server)"

build: packages-run ## Build the release library and server
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --parallel $(JOBS)

bench: packages-bench ## Build the benchmarks into build/bench/bin
	@cmake --preset bench --log-level=WARNING >/dev/null
	@cmake --build --preset bench --parallel $(JOBS)
	@ls build/bench/bin
	@build/bench/bin/nacre-bench stores

lint: packages-test ## Layering, sizes, words, guards, formatting
	@JOBS=$(JOBS) cmake/run-tests.sh dev --label-regex '^lint$$'

tidy: packages-test ## clang-tidy over engine/, vacuum/ and server/
	@JOBS=$(JOBS) cmake/tidy.sh

format: packages-test ## Apply .clang-format
	@git ls-files -z '*.cc' '*.h' | xargs -0 clang-format-14 -i

manual: packages-test ## Make the part of docs/COMMANDS.md that comes from the table of commands
	@cmake --preset dev --log-level=WARNING >/dev/null
	@cmake --build --preset dev --parallel $(JOBS) --target server_commands_doc_test
	@NACRE_UPDATE_MANUAL=1 build/dev/tests/server_commands_doc_test

clean: ## Remove all builds
	@rm -rf build

packages-run:
	@cmake/install-packages.sh cmake/packages-run.txt

packages-test:
	@cmake/install-packages.sh cmake/packages-run.txt cmake/packages-test.txt

packages-bench:
	@cmake/install-packages.sh cmake/packages-run.txt cmake/packages-test.txt cmake/packages-bench.txt
