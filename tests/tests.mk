# SPDX-License-Identifier: BSD-3-Clause
# Tests: how the programs of each folder are built, and the lanes.

UNIT_SRC  := $(wildcard tests/unit/test_*.c)
PROC_SRC  := $(wildcard tests/proc/*.c)
TORT_SRC  := $(wildcard tests/torture/*.c)
RES_SRC   := $(wildcard tests/resource/*.c)
TSAN_SRC  := $(wildcard tests/tsan/*.c)
WEAK_SRC  := tests/weak/weak.c
HELP_SRC  := $(wildcard tests/json/*.c) tests/tools/presets.c tests/forecast/table.c
# One archive; each test program links what it uses.
KIT_SRC   := $(wildcard tests/kit/*.c tests/step/*.c tests/chaos/*.c)
FUZZERS   := tests/fuzz/run.sh tests/fuzz/url/run.sh tests/fuzz/view/run.sh
SCRIPTS   := tests/lint.sh tests/model/test_models.sh $(FUZZERS) \
	tests/bench_smoke.sh $(filter-out tests/model/%,$(wildcard tests/*/test_*.sh))

UNIT_BIN  := $(foreach v,release asan,$(UNIT_SRC:%.c=$(BUILD)/$(v)/%))
PROC_BIN  := $(patsubst %.c,$(R)/%,$(PROC_SRC) $(RES_SRC) $(TORT_SRC))
TSAN_BIN  := $(TSAN_SRC:%.c=$(BUILD)/tsan/%) $(WEAK_SRC:%.c=$(BUILD)/weak/%)
HELP_BIN  := $(HELP_SRC:%.c=$(R)/%)

# ---- programs ------------------------------------------------------------------------------------
# Unit tests are made with Criterion; ASan builds use tests/unit/forked, a shim of Criterion that
# forks for each test, because Criterion's own processes take too long with ASan.
release_UNIT     := -lcriterion
release_UNIT_OBJ := $(R)/tests/unit/no_certificates.o
$(foreach v,asan tsan,$(BUILD)/$(v)/tests/unit/%.o): override OUR_CPPFLAGS += -Itests/unit/forked

# Only these see the library's private headers; the other folders have <headway.h> alone.
OF_MODULES := forecast fuzz json resource step torture unit weak

define test_variant
$(BUILD)/$(1)/tests/%.o: override OUR_CPPFLAGS += -Itests
$(OF_MODULES:%=$(BUILD)/$(1)/tests/%/%.o): override OUR_CPPFLAGS += -DHW__INTERNAL
$(BUILD)/$(1)/tests/kit.a: $(KIT_SRC:%.c=$(BUILD)/$(1)/%.o)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
$(BUILD)/$(1)/tests/unit/%: $(BUILD)/$(1)/tests/unit/%.o $($(1)_UNIT_OBJ) $(BUILD)/$(1)/libheadway.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ $$($(1)_UNIT) $$(LIB_LIBS)
$(BUILD)/$(1)/tests/%: $(BUILD)/$(1)/tests/%.o $(BUILD)/$(1)/tests/kit.a $(BUILD)/$(1)/libheadway.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ $$(LIB_LIBS)
endef
$(foreach v,$(VARIANTS),$(eval $(call test_variant,$(v))))

$(BUILD)/weak/tests/weak/weak: $(BUILD)/weak/tests/weak/memory.o

$(R)/tests/tools/%.o: override OUR_CPPFLAGS += -Itools
$(R)/tests/tools/presets: $(patsubst %.c,$(R)/%.o,$(wildcard tools/parse/*.c)) \
	$(R)/tools/base/escape.o $(R)/tools/base/say.o $(R)/tools/base/term.o

$(R)/tests/forecast/table: override LDFLAGS += -Wl,--no-as-needed -lm -Wl,--as-needed

# Calls that these programs wrap, with --wrap.
wrap = $(foreach call,$(1),-Wl,--wrap=$(call))
proc = $(foreach v,$(VARIANTS),$(BUILD)/$(v)/tests/proc/test_$(1))
$(BUILD)/tsan/tests/tsan/%: override LDFLAGS += $(call wrap,mmap munmap)
$(BUILD)/weak/tests/weak/%: override LDFLAGS += $(call wrap,mmap munmap pthread_mutex_lock)
$(call proc,atfork): override LDFLAGS += $(call wrap,fcntl)
$(call proc,large_calls): override LDFLAGS += $(call wrap,memcmp)
$(foreach v,$(VARIANTS),$(BUILD)/$(v)/tests/resource/creation): \
	override LDFLAGS += $(call wrap,posix_fallocate getrandom getgrnam_r renameat2)
$(call proc,owners): override LDFLAGS += $(call wrap,read)
# An application that uses liburcu-bp itself.
$(call proc,sections): \
	override LDFLAGS += -Wl,--no-as-needed -lurcu-bp -Wl,--as-needed

# ---- lanes ---------------------------------------------------------------------------------------
.PHONY: check check-quick check-bin check-long fuzz-bin test lint abi

check: need-check
	$(Q)$(MAKE) --no-print-directory check-quick

check-quick: check-bin
	$(Q)BIN='$(abspath $(R))' tests/run.sh $(SCRIPTS) $(PROC_BIN) $(TSAN_BIN) $(UNIT_BIN)

check-bin: all bench-bin $(UNIT_BIN) $(PROC_BIN) $(TSAN_BIN) $(HELP_BIN) fuzz-bin

# Without clang these are skipped when they run, with a message.
fuzz-bin: $(R)/libheadway.a
	$(Q)for fuzz in $(FUZZERS); do \
		BIN='$(abspath $(R))' $$fuzz --build-only || [ $$? -eq 77 ]; done

check-long: need-long
	$(Q)$(MAKE) --no-print-directory all bindings-bin $(PROC_BIN) $(TSAN_BIN) \
		$(UNIT_SRC:%.c=$(BUILD)/asan/%)
	$(Q)BIN='$(abspath $(R))' tests/long.sh $(R)

# ---- one test: make test T=unit/test_slot VARIANT=asan V=1 ---------------------------------------
VARIANT   ?= $(or $(filter tsan weak,$(firstword $(subst /, ,$(T)))),release)
needs_cli/test_no_syscalls := $(R)/tests/proc/test_fast_calls
needs_json/test_go_encoder := $(HELP_BIN)
needs_cli/test_presets     := $(HELP_BIN)
needs_forecast/test_forecast := $(HELP_BIN)
needs_bench_smoke          := bench-bin

TEST_FILE := $(wildcard tests/$(T).sh tests/$(T).c)
TEST_RUN  := $(patsubst %.c,$(BUILD)/$(VARIANT)/%,$(TEST_FILE))
# A script runs the release programs; some scripts need one more program.
TEST_NEEDS := $(if $(filter %.sh,$(TEST_FILE)),all $(needs_$(T)),$(TEST_RUN))

test: $(if $(T),$(TEST_NEEDS))
	$(Q)[ -n '$(TEST_RUN)' ] || { echo "make test: no test '$(T)'; T= is a file below tests/" \
		"without .c or .sh, as in T=unit/test_slot or T=cli/test_dump" >&2; exit 2; }
	$(Q)BIN='$(abspath $(R))' TEST_STREAM='$(V)' tests/run.sh $(TEST_RUN)

# ---- lint and ABI --------------------------------------------------------------------------------
lint:
	$(Q)tests/lint.sh --all

# Writes the binary interface that tests/abi compares the library with.
abi: $(SO)
	$(Q)abidw --header-file lib/headway.h --drop-private-types --exported-interfaces-only \
		--no-show-locs --no-corpus-path --no-comp-dir-path --no-elf-needed \
		--no-parameter-names --no-write-default-sizes --type-id-style hash \
		--out-file lib/headway.abi $(SO)
