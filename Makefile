# `make demo` and `make test` each bring what they need; see README.md.

USER_PATH := $(PATH)
# Node as set-up brought it, where the machine's own is too old.
export PATH := $(CURDIR)/.node/bin:$(PATH)
# Set-up brings Node only where the machine's own is too old.
bring = PATH='$(USER_PATH)' scripts/setup.sh

.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-full chaos bench fuzz simulate soak kernels package deb man compose-test sbom companions lint clean distclean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Install and build all that the other targets need
	@$(bring) setup

build: setup ## Build the kernel program and the addon
	@$(MAKE) --no-print-directory -C xdp

demo: setup ## Scan a namespace, see the report (KEEP=1 leaves all running)
	@scripts/as-root.sh node scripts/demo/main.ts $(if $(KEEP),--keep)

test: ## Check and run all tests; ONLY='FILE…' runs some
	@$(bring) companions lint
	@node scripts/test/main.ts $(ONLY)

test-full: export PORT_TICKER_TEST_FULL = 1
test-full: test ## The same with the large counts, for the night

chaos: export PORT_TICKER_TEST_DURATION = $(or $(DURATION),600)
ifdef SEED
chaos: export PORT_TICKER_TEST_SEED = $(SEED)
endif
chaos: companions ## Kill, pause and starve the real parts for DURATION=seconds, as SEED=number wants it
	@node scripts/test/main.ts test/chaos/chaos.test.ts

bench: companions ## Measure; BENCHMARKS.md has the figures; ONLY='NAME…' runs some of bench/main.ts
	@scripts/setup/detectors.sh
	@scripts/as-root.sh node bench/main.ts $(ONLY)

fuzz: export PORT_TICKER_TEST_FULL = 1
fuzz: companions ## Millions of frames, minutes of libFuzzer, many broken records
	@node scripts/test/main.ts test/fuzz/*.test.ts

simulate: setup ## Simulate SEEDS='…' histories full of failures; SEED='…' shows what happens in one
	@node test/simulation/main.ts

soak: export PORT_TICKER_TEST_FULL = 1
soak: companions ## Twenty minutes of scans, with memory and handles looked at
	@node scripts/test/main.ts test/e2e/soak.test.ts

kernels: setup ## Boot other kernels in QEMU, load and run the kernel program there
	@scripts/setup/build.sh kernels
	@scripts/as-root.sh node scripts/kernels/main.ts

package: setup ## Make build/package/port-ticker-VERSION.tgz for npm; FOR='x64 arm64' for these architectures
	@node scripts/package/main.ts $(FOR)

deb: setup ## The same as a Debian package for this machine's architecture, with Node inside
	@scripts/package/debian.sh "$$(node scripts/package/main.ts)"

man: setup ## Write the man pages of the three programs to build/man
	@node scripts/man/main.ts

compose-test: export PORT_TICKER_TEST_FULL = 1
compose-test: setup ## Build and run the compose stack under a Docker engine of the test's own
	@scripts/setup/packages.sh compose
	@node scripts/test/main.ts test/compose/*.test.ts

sbom: setup ## Write what the product is made of, in CycloneDX, to build/sbom.cdx.json
	@node scripts/sbom/main.ts

companions: ## Install and build what tests and benchmarks need, too
	@$(bring) companions

lint: ## Check format, types, dead and duplicate code, C and shell scripts
	@$(bring) lint

clean: ## Remove what was built
	rm -rf build

distclean: clean ## Remove what was installed, too
	rm -rf .cache .node node_modules
