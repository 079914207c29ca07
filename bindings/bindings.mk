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

include $(wildcard bindings/*/*.mk)

# ---- lanes ---------------------------------------------------------------------------------------
.PHONY: bindings-bin bindings-bench check-bindings
# The programs that the benchmarks of other languages run.
bindings-bench: $(if $(PY_CONFIG),bindings-python) $(filter %/headway.test %/progress.test,$(GO_BIN))
bindings-bin: all $(CPP_TESTS) $(CPP_EXAMPLES)
check-bin: bindings-bin
SCRIPTS  += $(wildcard bindings/*/tests/test_*.sh) $(PY_TESTS)
PROC_BIN += $(CPP_TESTS)

check-bindings: bindings-bin
	$(Q)BIN='$(abspath $(R))' tests/run.sh $(wildcard bindings/*/tests/test_*.sh) $(PY_TESTS) $(CPP_TESTS)
