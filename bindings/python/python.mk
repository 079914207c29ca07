# SPDX-License-Identifier: BSD-3-Clause
# Python: for each variant a folder with the package as it would be installed, for PYTHONPATH.
# `pip install bindings/python` uses setup.py and not this file.

PY       := bindings/python
# The system's Python rather than that of a version manager; one build works with every version from 3.9 on.
PY_CONFIG := $(firstword $(wildcard /usr/bin/python3-config) $(shell command -v python3-config))
PY_INCLUDE = $$($(PY_CONFIG) --includes | sed 's/-I/-isystem /g')
PY_OBJ   := $(patsubst %.c,%.o,$(wildcard $(PY)/src/*.c))
PY_FILES := $(wildcard $(addprefix $(PY)/headway/,*.py *.pyi */*.py */*/*.py)) $(PY)/headway/py.typed
PY_EXT   := $(PY)/headway/_headway.abi3.so
PY_TESTS := $(wildcard $(PY)/tests/test_*.py)

define py_variant
$(1)_PY := $(patsubst %,$(BUILD)/$(1)/%,$(PY_EXT) $(PY_FILES))
$(BUILD)/$(1)/$(PY)/headway/%: $(PY)/headway/%
	@mkdir -p $$(@D)
	$$(Q)cp $$< $$@
$(BUILD)/$(1)/$(PY)/src/%.o: $(PY)/src/%.c $(PY)/python.mk Makefile
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS) -Ilib $$(PY_INCLUDE) $$(CFLAGS) $$(OUR_CFLAGS) $$($(1)_FLAGS) -c -o $$@ $$<
$(BUILD)/$(1)/$(PY_EXT): $(PY_OBJ:%=$(BUILD)/$(1)/%) $(or $($(1)_LIB),$(BUILD)/$(1)/libheadway.a) $(PY)/src/extension.map
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -shared -Wl,--version-script,$(PY)/src/extension.map \
		-o $$@ $$(filter-out %.map,$$^) $$(LIB_LIBS)
endef
$(foreach v,release asan,$(eval $(call py_variant,$(v))))

# Without Python's headers nothing is built, and the tests are skipped with a message.
bindings-bin: $(if $(PY_CONFIG),$(release_PY) $(asan_PY))

.PHONY: bindings-python
bindings-python: $(if $(PY_CONFIG),$(release_PY))
