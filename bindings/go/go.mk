# SPDX-License-Identifier: BSD-3-Clause
# Go: no module to download; the tests are built here, and run by bindings/go/tests.

GO        := bindings/go
GO_OUT    := $(R)/$(GO)
GO_SRC    := $(shell find $(GO) -name '*.go' -o -name '*.h') $(GO)/go.mod lib/headway.h
GO_RACE   := $(filter x86_64 aarch64 ppc64le,$(shell uname -m))
GO_TESTS  := headway progress client
GO_BIN    := $(if $(shell command -v go),$(addprefix $(GO_OUT)/,service index \
	$(GO_TESTS:%=%.test) progress-nocgo.test $(if $(GO_RACE),headway-race.test)))

# The go command with a cache of its own and this library, whatever the environment says.
$(GO_OUT)/go: $(GO)/go.mk
	@mkdir -p $(@D)
	@printf '%s\n' '#!/bin/sh' 'export GOCACHE="$(abspath $(BUILD))/go-cache" GO111MODULE=on GOFLAGS= GOPROXY=off' \
		'export GOMODCACHE="$(abspath $(BUILD))/go-cache/mod"' \
		'export XDG_CONFIG_HOME="$(abspath $(BUILD))/go-cache/config" CGO_CFLAGS="-O2 -g $(if $(WERROR),-Werror)"' \
		'export CGO_LDFLAGS="\"-L$(abspath $(R))\" $$CGO_LDFLAGS" GOTOOLCHAIN=local' 'exec go "$$@"' > $@
	@chmod +x $@

go_package = $(if $(filter headway%,$(1)),.,./$(firstword $(subst -, ,$(1))))
$(GO_OUT)/service $(GO_OUT)/index: $(GO_OUT)/%: $(GO_SRC) $(GO_OUT)/go $(R)/libheadway.a
	$(call say,GO,$@)
	$(Q)cd $(GO) && '$(abspath $(GO_OUT))/go' build -o '$(abspath $@)' ./examples/$*
$(GO_OUT)/%-race.test: $(GO_SRC) $(GO_OUT)/go $(R)/libheadway.a
	$(call say,GO,$@)
	$(Q)cd $(GO) && '$(abspath $(GO_OUT))/go' test -c -race -o '$(abspath $@)' $(call go_package,$*)
$(GO_OUT)/%-nocgo.test: $(GO_SRC) $(GO_OUT)/go
	$(call say,GO,$@)
	$(Q)cd $(GO) && CGO_ENABLED=0 '$(abspath $(GO_OUT))/go' test -c -o '$(abspath $@)' $(call go_package,$*)
$(GO_OUT)/%.test: $(GO_SRC) $(GO_OUT)/go $(R)/libheadway.a
	$(call say,GO,$@)
	$(Q)cd $(GO) && '$(abspath $(GO_OUT))/go' test -c -o '$(abspath $@)' $(call go_package,$*)

bindings-bin: $(GO_BIN)
# The standard library has to be compiled for the race detector, so that all but one package have it in the long run.
check-long: $(if $(GO_RACE),$(if $(GO_BIN),$(GO_TESTS:%=$(GO_OUT)/%-race.test)))
