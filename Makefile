# ShopFlow's targets. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

INSTANCE ?= shopflow
PORT     ?= 8080
DEMO     ?= 1
REPEATS  ?= 5

# One set of flags everywhere (internal/build/gobuild.go), so that every build shares one cache.
export CGO_ENABLED := 0
export GOFLAGS     := -trimpath -buildvcs=false -gcflags=all=-dwarf=false

UP   = --instance $(INSTANCE) --port $(PORT)
TOOL = go tool -modfile=hack/tools/go.mod

##@ Run

.PHONY: up
up: bin/build ## Start ShopFlow on this machine and create a demo store (DEMO=0: no store; PORT=, INSTANCE=)
	@bin/build all
	@bin/shopflow up $(UP) --demo=$(if $(filter 0,$(DEMO)),false,true)

.PHONY: down
down: bin/shopflow ## Stop it and keep its data
	@bin/shopflow down $(UP)

.PHONY: destroy
destroy: bin/shopflow ## Remove it with all its stores; nothing is left
	@bin/shopflow destroy $(UP)

##@ Build

.PHONY: images
images: bin/build ## Build the images and write .shopflow/values.yaml, for other clusters (docs/install.md)
	@bin/build all
	@bin/shopflow values

.PHONY: build
build: bin/shopflow ## Build the shopflow program

.PHONY: bin/shopflow bin/build
bin/shopflow: bin/build
	@bin/build program

bin/build: # A small program that builds the rest, so that everything slow starts at the same time. Go knows what is up to date.
	@go build -o bin/build ./hack/build

.PHONY: generate
generate: ## Write generated code again: deepcopy, CRD, API server and client, docs/cli.md
	@go generate ./...

##@ Check

# Packages whose code many goroutines share.
RACE = $(addsuffix /...,$(addprefix ./internal/,apiclient apply controller feed gateway observe))
UNIT = ./api/... ./charts/... ./hack/build/... ./internal/... ./test/podprocs/... ./test/thirdengine/... ./test/words/...

.PHONY: unit
unit: ## Fast tests: no root, no node
	@go test -vet=off $(UNIT)

.PHONY: race
race: ## Tests of code that many goroutines share, with the race detector (needs gcc)
	@CGO_ENABLED=1 go test -race -vet=off $(RACE)

# What make test runs of unit: all but what race runs.
.PHONY: unit-rest
unit-rest:
	@go test -vet=off $$(go list $(UNIT) | grep -vFx "$$(go list $(RACE))")

.PHONY: lint
lint: ## Linters, formatters, file lengths, stale generated code
	@hack/lint

.PHONY: test
test: ## Everything that CI runs
	@hack/test

.PHONY: failures-test
failures-test: bin/build ## All failures of stores: each is named, and recovered from (10 minutes)
	@SHOPFLOW_FAILURES=1 hack/stores-test failures TestFailures

.PHONY: changes-test
changes-test: bin/build ## Change, refresh and check stores while customers buy, and delete what holds their data: no order is lost
	@SHOPFLOW_CHANGES=$${SHOPFLOW_CHANGES:-20} hack/stores-test changes 'UnderCustomers|BesideCustomers|TestDataOutlives|OwnersDecisions'

.PHONY: upgrade-test
upgrade-test: ## Upgrade an older platform with orders in its stores to this one (FROM=25eaaf3): nothing is lost
	@hack/upgrade-test

.PHONY: golden-test
golden-test: bin/build ## Build the golden data again, without a cache, and compare it with the first build
	@bin/build --archives all
	@SHOPFLOW_REBUILD=1 SHOPFLOW_IMAGES_DIR=$${SHOPFLOW_DIR:-$(CURDIR)/.shopflow}/images \
		go test -vet=off -count=1 -timeout 30m -run TestGoldenData ./images/

.PHONY: pictures
pictures: ## Take the pictures in docs/pictures again, with the browser tests against what `make up` started
	@SHOPFLOW_DIR=$(CURDIR)/.shopflow SHOPFLOW_PORT=$(PORT) SHOPFLOW_INSTANCE=$(INSTANCE) SHOPFLOW_PICTURES=$(CURDIR)/docs/pictures test/browser/run

.PHONY: bench
bench: bin/shopflow ## Speed and memory against a baseline arm of the same run (REPEATS=5)
	@REPEATS=$(REPEATS) hack/bench

##@ Help

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z\/-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
