# The commands for a clone. You need only Go, Node.js and make, and for the race
# detector of "make check" a C compiler; everything else is installed when needed.

SHELL := /bin/bash
GO ?= go
SOUK := bin/souk
TOOLS := $(CURDIR)/.tools/bin

# Pinned: every version adds checks, and CI must not fail without a change.
GOLANGCI_LINT_VERSION := v2.13.0
GOLANGCI_LINT := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)

# Test processes share one Postgres, and some of them mostly wait:
# on two cores three at a time are quickest. "make lint" runs vet, and without -w the
# linker takes a second longer for each package.
TEST_FLAGS ?= -p 3 -vet=off -ldflags=-w -timeout 20m
PACKAGES ?= ./...

MAX_LINES := 500

# How long "make overload" offers each load.
PHASE ?= 1m

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Set up everything and serve on 127.0.0.1:8080. Ctrl-C stops all of it. SHOP=empty: without the demo.
	@[[ "$(SHOP)" =~ ^(empty)?$$ ]] || { echo 'SHOP is "$(SHOP)": write SHOP=empty, or leave it out for the demo'; exit 2; }
	@exec $(SOUK) dev $(if $(SHOP),--no-demo)

.PHONY: build
build: ## Build bin/souk.
	@GO=$(GO) .ci/build

.PHONY: graphiql
graphiql: ## Build GraphiQL's bundle, bin/graphiql. The binary reads it from there.
	cd internal/edge/graphiql && npm ci --no-audit --no-fund && npm run build

# Garbage is collected less often than by default: it saves a quarter of the compiler's time
# (see .ci/build), and 7 % of the tests'. Those that measure memory or time set their own.
.PHONY: test
test: build ## Run every test (of the long walks, a sample), on a real Postgres with a replica and a real Redis. PACKAGES=./store/... selects some.
	GOGC=400 $(SOUK) dev exec --ephemeral -- $(GO) test $(TEST_FLAGS) $(PACKAGES)

.PHONY: check
check: check-generated check-schema lint test-race test-coherence test-load test-clients test-browser ## Run what CI runs.

.PHONY: test-race
test-race: build ## Run every test, the long walks whole, with the race detector.
	SOUK_TEST_FULL=1 $(SOUK) dev exec --ephemeral -- $(GO) test -race $(TEST_FLAGS) $(PACKAGES)

# It breaks servers under load and measures when others hear of a write.
.PHONY: test-coherence
test-coherence: build ## Break what the caches depend on, and look for values that are too old. Takes five minutes.
	SOUK_TEST_FULL=1 $(SOUK) dev exec --ephemeral -- $(GO) test $(TEST_FLAGS) -count 1 ./test/coherence

# Its clients share the cores with the server. Slowed down by the race detector, or beside other
# tests, they cannot send as much as they must.
.PHONY: test-load
test-load: ## Offer a server ten times what it can do, and attack it, for some seconds.
	SOUK_TEST_FULL=1 $(GO) test $(TEST_FLAGS) -count 1 ./test/load

# test-race has run the audits silently; here is what each audit says. The apps are installed
# once, and again when their lock files change.
.PHONY: test-clients
test-clients: build ## Audit the server with graphql-http, and run the apps of real clients, from npm. Prints what each audit and each app says.
	$(SOUK) dev exec --ephemeral -- $(GO) test $(TEST_FLAGS) -count 1 -v -run 'Audits|Apps' ./test/clients -apps

.PHONY: test-browser
test-browser: build ## Test GraphiQL in a real browser, if Chromium is installed.
	@if ! command -v chromium chromium-browser google-chrome >/dev/null; then \
		echo "no Chromium on this machine: the browser test is skipped"; \
	else \
		[ -f bin/graphiql/manifest.json ] || $(MAKE) graphiql || exit 1; \
		(cd test/browser && npm ci --no-audit --no-fund) && $(SOUK) dev exec --ephemeral -- .ci/browser; \
	fi

.PHONY: bench
bench: build ## Run the benchmarks.
	$(SOUK) dev exec --ephemeral -- $(GO) test -p 1 -run '^$$' -bench . -benchmem $(PACKAGES)

.PHONY: soak
soak: build ## Run the fault tests for minutes instead of seconds, and let fuzzers write documents, queries and cached bytes.
	$(SOUK) dev exec --ephemeral -- $(GO) test ./test/faults -run 'OnAClusterOfItsOwn' -soak -v
	$(SOUK) dev exec --ephemeral -- $(GO) test ./test/coherence -soak -timeout 3h -v
	$(SOUK) dev exec --ephemeral -- $(GO) test ./test/documents -run 'Flood|ManyPushed' -flood 100000 -timeout 30m -v
	$(GO) test ./internal/door -run '^$$' -fuzz FuzzText -fuzztime 10m
	$(GO) test ./internal/cache/codec -run '^$$' -fuzz FuzzDecode -fuzztime 5m
	$(GO) test ./graph/executor -run Random -soak 20m -timeout 30m -v
	$(SOUK) dev exec --ephemeral -- $(GO) test ./test/equality -run Random -soak 10m -timeout 30m -v

.PHONY: overload
overload: ## Offer a server ten times what it can do, attack it, and print what it then does. PHASE=20s: how long each load lasts.
	$(GO) test ./test/load -count 1 -timeout 1h -overload -phase $(PHASE) -v

.PHONY: bench-write
bench-write: ## Compare a one-row change with pgbench, on a database that waits for its disk.
	$(GO) test ./test/faults -run '^$$' -bench SingleRowUpdate -benchtime 1x

.PHONY: bench-rate
bench-rate: build ## Measure requests a second beside the same answers written by hand. It needs wrk. RATE='-rounds 9 -profiles /tmp/p' adds flags.
	$(SOUK) dev exec --ephemeral -- $(GO) test ./bench/rate -count 1 -timeout 1h -run Rate -v -rate $(RATE)

# The linter's formatter splits the imports, which gqlgen writes in one block.
.PHONY: generate
generate: $(GOLANGCI_LINT) ## Generate code after a change of the schema.
	$(GO) run ./graph/schemagen
	$(GO) generate ./...
	$(GOLANGCI_LINT) fmt resolvers

# It compares before and after, not with the last commit, so that it works on
# uncommitted changes too.
.PHONY: check-generated
check-generated:
	@fingerprint() { git ls-files -z --cached --others --exclude-standard '*.go' graph/schema.graphql | sort -zu | xargs -0 sha1sum 2>/dev/null; }; \
	before=$$(fingerprint); $(MAKE) --no-print-directory generate || exit 1; after=$$(fingerprint); \
	if [ "$$before" != "$$after" ]; then \
		diff <(echo "$$before") <(echo "$$after") | awk '/^[<>]/ { print $$3 }' | sort -u; \
		echo "the generated code was out of date: check the files above and commit them"; exit 1; \
	fi

# Against the commit that this branch left main at, or on main against the one before.
.PHONY: check-schema
check-schema: build ## Refuse a change of the schema that breaks clients. SCHEMA_BASE=v1.2.0 names what to compare with.
	@.ci/schema $(SCHEMA_BASE)

.PHONY: lint
lint: lint-length $(GOLANGCI_LINT) ## Check formatting, imports and common mistakes, those of go vet included.
	$(GOLANGCI_LINT) run

.PHONY: format
format: $(GOLANGCI_LINT) ## Format the hand-written code.
	$(GOLANGCI_LINT) fmt

.PHONY: lint-length
lint-length:
	@git ls-files --cached --others --exclude-standard '*.go' | sort -u | while read -r file; do \
		[ -f "$$file" ] && ! grep -qm1 '^// Code generated .* DO NOT EDIT\.$$' "$$file" || continue; \
		lines=$$(wc -l < "$$file"); \
		[ "$$lines" -le $(MAX_LINES) ] || echo "$$file has $$lines lines; at most $(MAX_LINES) are allowed: split it by noun"; \
	done | { ! grep '' ; }

$(GOLANGCI_LINT):
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv $(TOOLS)/golangci-lint $@

.PHONY: clean
clean: ## Remove what was built. The development data is kept.
	rm -rf bin

.PHONY: reset
reset: build ## Remove the development data. It refuses while "make run" runs.
	@$(SOUK) dev reset
