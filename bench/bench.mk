# SPDX-License-Identifier: BSD-3-Clause
# Benchmarks: one program for each bench/bench_*.c, and the programs that they are compared with.

BENCH_SRC    := $(wildcard bench/bench_*.c)
BENCH_COMMON := $(filter-out $(BENCH_SRC),$(wildcard bench/*.c))
# A peer whose library is not installed is left out.
BENCH_PEERS  := $(shell for p in lmdb sqlite3 hiredis jansson libcjson liburcu-memb ck; do \
	pkg-config --exists $$p 2>/dev/null && printf '%s ' $$p; done)
BENCH_LIBS   := $(if $(BENCH_PEERS),$(shell pkg-config --libs $(BENCH_PEERS)))
BENCH_BIN    := $(BENCH_SRC:%.c=$(R)/%) $(R)/bench/http-bare $(R)/bench/http-many $(R)/bench/fleet \
	$(if $(shell command -v go),$(R)/bench/peer-go $(R)/bench/http-go)
# Other languages: what their package is built from may be missing, then the table says so.
BENCH_OTHER  := $(if $(wildcard bindings/bindings.mk),bench/bench_python.sh bench/bench_go.sh)
BENCH_RUN     = BIN='$(abspath $(R))' bench/run.sh $(BENCH_SRC:%.c=$(R)/%) bench/bench_http.sh $(BENCH_OTHER) \
	bench/bench_fleet.sh bench/bench_pipe.sh
$(R)/bench/bench_tries: override LDFLAGS += -Wl,--wrap=hw__revision_copy

# ---- programs ------------------------------------------------------------------------------------
define bench_variant
$(patsubst %.c,$(BUILD)/$(1)/%.o,$(BENCH_COMMON) $(BENCH_SRC)): $(R)/bench/peers
$(BUILD)/$(1)/bench/%: $(BUILD)/$(1)/bench/%.o $$(BENCH_COMMON:%.c=$(BUILD)/$(1)/%.o) \
		$(BUILD)/$(1)/libheadway.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ \
		-Wl,--as-needed $$(BENCH_LIBS) $$(LIB_LIBS) -lm
endef
$(foreach v,$(VARIANTS),$(eval $(call bench_variant,$(v))))

# Changes when peers are installed or removed, so that the benchmarks are compiled again.
$(R)/bench/peers: always
	@mkdir -p $(@D)
	@printf '%s\n' '$(BENCH_PEERS)' | cmp -s - $@ || printf '%s\n' '$(BENCH_PEERS)' > $@

$(R)/bench/peer-go: bench/go/main.go
$(R)/bench/http-go: bench/http/main.go
$(R)/bench/peer-go $(R)/bench/http-go:
	$(call say,GO,$@)
	@mkdir -p $(@D)
	$(Q)GO111MODULE=off GOCACHE='$(abspath $(BUILD))/go-cache' \
		XDG_CONFIG_HOME='$(abspath $(BUILD))/go-cache/config' go build -o $@ $<

$(R)/bench/http-bare: bench/http/bare.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $< $(MHD_LIBS)

$(R)/bench/http-many: bench/http/many.c bench/typical.h $(R)/libheadway.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $< $(R)/libheadway.a $(LIB_LIBS)

$(R)/bench/fleet: bench/fleet/fleet.c bench/typical.h $(R)/libheadway.a $(R)/bench/peers
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $< $(R)/libheadway.a $(LIB_LIBS) \
		$(if $(filter hiredis,$(BENCH_PEERS)),$(shell pkg-config --libs hiredis))

$(R)/bench/many: bench/many/many.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $< -lm

# ---- runs ----------------------------------------------------------------------------------------
.PHONY: bench bench-bin bench-smoke bench-plot bench-many

bench: need-bench
	$(Q)$(MAKE) --no-print-directory all bench-bin
	$(Q)$(BENCH_RUN)

bench-bin: $(BENCH_BIN) $(if $(BENCH_OTHER),bindings-bench)

bench-smoke: all bench-bin
	$(Q)BENCH_SMOKE=1 $(BENCH_RUN)

# Writes the figures of the last run into the drawing and the table of bench/README.md.
bench-plot:
	$(Q)bench/publish.sh $(R)/bench/results

bench-many: $(R)/bench/many
	$(Q)$(R)/bench/many
	$(Q)bench/fleet/many.py
