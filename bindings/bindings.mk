# SPDX-License-Identifier: BSD-3-Clause
# Other languages: how their tests are built and run.

# ---- C++: the tests in several standards, by both compilers --------------------------------------
CPP       := bindings/cpp
CPP_WARN  := -Wall -Wextra -Wconversion -Wshadow $(if $(WERROR),-Werror)
CPP_HPP   := $(wildcard $(CPP)/*.hpp $(CPP)/headway/*.hpp $(CPP)/tests/*.hpp) lib/headway.h
CPP_CLANG := $(if $(shell command -v clang++),clang++)
CPP_LIBCPP := $(if $(wildcard /usr/lib/llvm-*/include/c++/v1),$(CPP_CLANG))

# $(call cpp_test,TEST,VARIANT,COMPILER,FLAGS,LIBRARY'S VARIANT)
CPP_TESTS :=
define cpp_test
CPP_TESTS += $(R)/$(CPP)/$(1)-$(2)
$(R)/$(CPP)/$(1)-$(2): $(CPP)/tests/test_$(1).cpp $(CPP_HPP) $(BUILD)/$(5)/libheadway.a $(CPP)/../bindings.mk
	$$(call say,CXX,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(3) $$(CPPFLAGS) -I$(CPP) -Ilib $(CPP_WARN) $$(CXXFLAGS) $(4) $$(LDFLAGS) -o $$@ $$< \
		$(BUILD)/$(5)/libheadway.a -pthread
endef
$(eval $(call cpp_test,calls,17,$(CXX),-std=c++17 -O2,release))
$(eval $(call cpp_test,calls,23,$(CXX),-std=c++2b -O1,release))
$(eval $(call cpp_test,calls,plain,$(CXX),-std=c++17 -O1 -fno-exceptions -fno-rtti,release))
$(eval $(call cpp_test,ends,17,$(CXX),-std=c++17 -O2,release))
$(eval $(call cpp_test,ends,asan,$(CXX),-std=c++20 -O0 $(asan_FLAGS),asan))
$(if $(CPP_CLANG),$(eval $(call cpp_test,ends,clang,clang++,-std=c++20 -O2,release)))
$(if $(CPP_LIBCPP),$(eval $(call cpp_test,ends,libcpp,clang++,-std=c++17 -stdlib=libc++ -O1,release)))

CPP_EXAMPLES := $(patsubst $(CPP)/examples/%.cpp,$(R)/$(CPP)/%,$(wildcard $(CPP)/examples/*.cpp))
$(CPP_EXAMPLES): $(R)/$(CPP)/%: $(CPP)/examples/%.cpp $(CPP_HPP) $(R)/libheadway.a
	$(call say,CXX,$@)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS) -I$(CPP) -Ilib $(CPP_WARN) -std=c++17 -O2 $(CXXFLAGS) $(LDFLAGS) -o $@ $< \
		$(R)/libheadway.a -pthread

# ---- Go: no module to download; the tests are built here, and run by bindings/go/tests -------------
GO        := bindings/go
GO_OUT    := $(R)/$(GO)
GO_SRC    := $(shell find $(GO) -name '*.go' -o -name '*.h') $(GO)/go.mod lib/headway.h
GO_RACE   := $(filter x86_64 aarch64 ppc64le,$(shell uname -m))
GO_TESTS  := headway progress
GO_BIN    := $(if $(shell command -v go),$(addprefix $(GO_OUT)/,service index \
	$(GO_TESTS:%=%.test) progress-nocgo.test $(if $(GO_RACE),headway-race.test)))

# The go command with a cache of its own and this library, whatever the environment says.
$(GO_OUT)/go: $(GO)/../bindings.mk
	@mkdir -p $(@D)
	@printf '%s\n' '#!/bin/sh' 'export GOCACHE="$(abspath $(BUILD))/go-cache" GO111MODULE=on GOFLAGS= GOPROXY=off' \
		'export XDG_CONFIG_HOME="$(abspath $(BUILD))/go-cache/config" CGO_CFLAGS="-O2 -g $(if $(WERROR),-Werror)"' \
		'export CGO_LDFLAGS="-L$(abspath $(R)) $$CGO_LDFLAGS" GOTOOLCHAIN=local' 'exec go "$$@"' > $@
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

# ---- lanes ---------------------------------------------------------------------------------------
.PHONY: bindings-bin check-bindings
bindings-bin: all $(CPP_TESTS) $(CPP_EXAMPLES) $(GO_BIN)
check-bin: bindings-bin
# The standard library has to be compiled for the race detector, so that all but one package have it in the long run.
check-long: $(if $(GO_RACE),$(if $(GO_BIN),$(GO_TESTS:%=$(GO_OUT)/%-race.test)))
SCRIPTS  += $(wildcard bindings/*/tests/test_*.sh)
PROC_BIN += $(CPP_TESTS)

check-bindings: bindings-bin
	$(Q)BIN='$(abspath $(R))' tests/run.sh $(wildcard bindings/*/tests/test_*.sh) $(CPP_TESTS)
