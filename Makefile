# Muntija. "make run" and "make test" need Go and make alone. The other targets install what they need from Debian and npm.
GO          ?= go
BIN         := bin/muntija
PROFILE     := cmd/muntija/profile.pgo
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# RACE=1 runs the tests with the race detector, which needs a C compiler; the program itself is always built without cgo.
RACE        ?=
TESTFLAGS   := $(if $(RACE),-race -timeout 25m,)
export CGO_ENABLED := $(if $(RACE),1,0)

.PHONY: run build test check fmt test-pg test-sheet test-browser bench assets highs screenshots clean

# run: builds the binary, starts it with the demo on an embedded database under data/demo, prints the address and the demo sign-ins.
run: build
	$(BIN) serve --demo --data data/demo

# build: one static binary, compiled by a profile of its own benchmarks. The profile is not called default.pgo, which vet and test would follow too and compile everything twice.
build:
	$(GO) build -trimpath -pgo=$(PROFILE) -ldflags '-s -w' -o $(BIN) ./cmd/muntija

# test: everything that needs no server and no browser.
test:
	$(GO) test $(TESTFLAGS) ./...

# check: formatting, vet, staticcheck, tidy go.mod, import direction.
check:
	@unformatted=$$(gofmt -l cmd internal views static fixtures); test -z "$$unformatted" || { echo "gofmt these: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod tidy -diff
	$(GO) test -count=1 -run 'TestImportDirection|TestRulesNameEveryPackage' ./internal/testkit

# test-pg: the store suite, the end-to-end walk and the command line on PostgreSQL (Debian's), in a throw-away cluster.
test-pg:
	internal/testkit/pg/run.sh $(GO) test $(TESTFLAGS) -count=1 ./internal/store/... ./internal/service/... ./internal/web/... ./internal/cli/...

# test-sheet: our workbooks as openpyxl, LibreOffice (Debian's) and SheetJS (npm's) read them.
test-sheet:
	internal/sheet/testdata/readers/run.sh

# test-browser: the main paths of each user in Chromium (Debian's), axe-core on each page, both languages.
test-browser: build
	internal/testkit/browser/run.sh test

# screenshots: the pictures of the README, taken from the demo.
screenshots: build
	internal/testkit/browser/run.sh screenshots

# bench: a benchmark for each figure that the README names, on data of the size named; ONLY="import export" runs some of them.
bench: build
	$(GO) run -trimpath -pgo=$(PROFILE) ./internal/testkit/bench $(ONLY)

# assets: third-party assets, exactly as locked in static/package-lock.json, copied into static/vendor, which is committed.
assets:
	cd static && npm ci --ignore-scripts --no-audit --no-fund && node vendor.mjs

# highs: the WebAssembly of HiGHS from npm, pinned and checked by hash, and the names of its imports and exports; both are committed.
highs:
	$(GO) generate ./internal/highs

fmt:
	gofmt -w cmd internal views static fixtures

clean:
	rm -rf bin data coverage.out
