# SPDX-License-Identifier: BSD-3-Clause
# Headway.  `make demo` shows it, `make check` tests it, `make help` lists the rest.
# CFLAGS, CPPFLAGS and LDFLAGS are the user's; what the build needs is added to them.

.DEFAULT_GOAL := all
VERSION  := $(shell cat VERSION)
SOMAJOR  := 0
PREFIX   ?= /usr/local
LIBDIR   ?= $(PREFIX)/lib
BINDIR   ?= $(PREFIX)/bin
SBINDIR  ?= $(PREFIX)/sbin
INCDIR   ?= $(PREFIX)/include
MANDIR   ?= $(PREFIX)/share/man
UNITDIR  ?= $(PREFIX)/lib/systemd/system
SYSUSERS ?= $(PREFIX)/lib/sysusers.d
TMPFILES ?= $(PREFIX)/lib/tmpfiles.d
CFLAGS   ?= -O2 -g
BUILD    ?= build
WERROR   ?=
Q        := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	$(if $(WERROR),-Werror)
OUR_CPPFLAGS := -D_GNU_SOURCE -Ilib -DHEADWAY_VERSION_TEXT='"$(VERSION)"'
OUR_CFLAGS   := -std=gnu11 $(WARN) -fvisibility=hidden -fPIC -MMD -MP

# ---- what there is ---------------------------------------------------------------------------
LIB_SRC   := $(wildcard lib/*.c)
TOOL_SRC  := $(wildcard tools/*.c tools/base/*.c tools/top/*.c tools/cmd/*.c)
HTTPD_SRC := $(wildcard httpd/*.c httpd/*/*.c)
UNIT_SRC  := $(wildcard tests/unit/test_*.c)
PROC_SRC  := $(wildcard tests/proc/*.c)
TORT_SRC  := $(wildcard tests/torture/*.c)
RES_SRC   := $(wildcard tests/resource/*.c)
TSAN_SRC  := $(wildcard tests/tsan/*.c)
WEAK_SRC  := tests/weak/weak.c
BENCH_SRC := $(wildcard bench/bench_*.c)
BENCH_COMMON := $(filter-out $(BENCH_SRC),$(wildcard bench/*.c))
SCRIPTS   := tests/lint.sh tests/model/test_models.sh tests/fuzz/run.sh tests/fuzz/url/run.sh tests/bench_smoke.sh $(wildcard tests/abi/test_*.sh) $(wildcard tests/cli/test_*.sh) $(wildcard tests/http/test_*.sh) $(wildcard tests/json/test_*.sh)
HELP_SRC  := $(wildcard tests/json/*.c)
MAN       := $(wildcard lib/man/*.[1-8] tools/*.[1-8] tools/*/*.[1-8] httpd/*.[1-8])

UNITS     := $(wildcard tools/*/*.service httpd/*.service httpd/*.socket)

LIB_LIBS  := -lpthread
TOOL_LIBS := -lncursesw -ltinfo
MHD_LIBS  := -lmicrohttpd
HTTPD_LIBS := -lurcu-bp -lz -lseccomp

R        := $(BUILD)/release

# ---- variants: a folder each -----------------------------------------------------------------
release_FLAGS :=
asan_FLAGS    := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
tsan_FLAGS    := -fsanitize=thread -fno-omit-frame-pointer
weak_FLAGS    := -DHW__ACCESSES='"../tests/weak/accesses.h"'

# What the unit tests are made with: Criterion, or its names where that takes too long.
release_UNIT  := -lcriterion
release_UNIT_OBJ := $(BUILD)/release/tests/unit/no_certificates.o
$(BUILD)/asan/tests/unit/%.o: override OUR_CPPFLAGS += -Itests/unit/forked

define variant
$(BUILD)/$(1)/%.o: %.c Makefile VERSION
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS) $$(OUR_CPPFLAGS) $$(CFLAGS) $$(OUR_CFLAGS) $$($(1)_FLAGS) -c -o $$@ $$<
$(BUILD)/$(1)/libheadway.a: $$(LIB_SRC:%.c=$(BUILD)/$(1)/%.o)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
$(BUILD)/$(1)/tools/%.o: OUR_CPPFLAGS := -Itools $(OUR_CPPFLAGS)
$(BUILD)/$(1)/headway: $$(TOOL_SRC:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/libheadway.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ $$(TOOL_LIBS) $$(LIB_LIBS) -lm
$(BUILD)/$(1)/httpd/%.o: OUR_CPPFLAGS := -Ihttpd $(OUR_CPPFLAGS)
$(BUILD)/$(1)/httpd/answer/page.o: $$(wildcard httpd/page/* httpd/client/*.js)
$(BUILD)/$(1)/headway-httpd: $$(HTTPD_SRC:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/libheadway.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ $$(MHD_LIBS) $$(HTTPD_LIBS) $$(LIB_LIBS) -lm
$(BUILD)/$(1)/tests/unit/%: $(BUILD)/$(1)/tests/unit/%.o $($(1)_UNIT_OBJ) $(BUILD)/$(1)/libheadway.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ $$($(1)_UNIT) $$(LIB_LIBS)
$(BUILD)/$(1)/tests/%: $(BUILD)/$(1)/tests/%.o $(BUILD)/$(1)/libheadway.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ $$(LIB_LIBS)
$(patsubst %.c,$(BUILD)/$(1)/%.o,$(BENCH_COMMON) $(BENCH_SRC)): $(R)/bench/peers
$(BUILD)/$(1)/bench/%: $(BUILD)/$(1)/bench/%.o $$(BENCH_COMMON:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/libheadway.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) $$($$(notdir $$@)_LDFLAGS) -o $$@ $$^ -Wl,--as-needed \
		$$(BENCH_LIBS) $$(LIB_LIBS) -lm
endef
$(foreach v,release asan tsan weak,$(eval $(call variant,$(v))))

# All members of a test process meet at one address there: see tests/tsan/one_mapping.h.
$(BUILD)/tsan/tests/tsan/%: override LDFLAGS += -Wl,--wrap=mmap,--wrap=munmap
$(BUILD)/weak/tests/weak/%: override LDFLAGS += -Wl,--wrap=mmap,--wrap=munmap,--wrap=pthread_mutex_lock

# One of its threads forks between two system calls of the other.
$(R)/tests/proc/test_atfork: override LDFLAGS += -Wl,--wrap=fcntl
# Reads that fail.
$(R)/tests/proc/test_owners: override LDFLAGS += -Wl,--wrap=read
$(R)/tests/proc/test_wait: override LDFLAGS += -Wl,--wrap=headway_read
# How often keys are compared.
$(R)/tests/proc/test_large_calls: override LDFLAGS += -Wl,--wrap=memcmp
# An application that uses liburcu-bp itself.
$(R)/tests/proc/test_sections: override LDFLAGS += -Wl,--no-as-needed -lurcu-bp -Wl,--as-needed

SO       := $(R)/libheadway.so.$(VERSION)
PROGRAMS := $(if $(TOOL_SRC),$(R)/headway) $(if $(HTTPD_SRC),$(R)/headway-httpd)

.PHONY: all abi check check-bin check-quick check-long fuzz-bin demo bench lint format install uninstall deps dist clean help \
	need-build need-check need-long need-bench bench-bin bench-smoke bench-plot bench-many always
.SECONDARY:
.DELETE_ON_ERROR:

all: $(SO) $(R)/libheadway.a $(PROGRAMS)

$(SO): $(LIB_SRC:%.c=$(R)/%.o) lib/libheadway.map
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,libheadway.so.$(SOMAJOR) -Wl,-z,defs -Wl,-z,nodelete \
		-Wl,--version-script,lib/libheadway.map -o $@ $(filter %.o,$^) $(LIB_LIBS)
	$(Q)ln -sf $(@F) $(R)/libheadway.so.$(SOMAJOR) && ln -sf $(@F) $(R)/libheadway.so

# ---- the demonstration ------------------------------------------------------------------------
$(R)/pipeline: tools/demo/pipeline.c $(R)/libheadway.a lib/headway.h
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(OUR_CPPFLAGS) $(CFLAGS) $(OUR_CFLAGS) -MF $@.d $(LDFLAGS) -o $@ \
		tools/demo/pipeline.c $(R)/libheadway.a $(LIB_LIBS) -lz

demo: need-build
	$(Q)$(MAKE) --no-print-directory all $(R)/pipeline
	$(Q)tools/demo/demo.sh $(R)

# ---- tests -----------------------------------------------------------------------------------
UNIT_BIN := $(foreach v,release asan,$(UNIT_SRC:%.c=$(BUILD)/$(v)/%))
PROC_BIN := $(PROC_SRC:%.c=$(R)/%) $(RES_SRC:%.c=$(R)/%) $(TORT_SRC:%.c=$(R)/%)
TSAN_BIN := $(TSAN_SRC:%.c=$(BUILD)/tsan/%) $(WEAK_SRC:%.c=$(BUILD)/weak/%)
HELP_BIN := $(HELP_SRC:%.c=$(R)/%)

check: need-check
	$(Q)$(MAKE) --no-print-directory check-quick

check-bin: all bench-bin $(UNIT_BIN) $(PROC_BIN) $(TSAN_BIN) $(HELP_BIN) fuzz-bin

# No clang: they say that they are skipped when they are run.
fuzz-bin: $(R)/libheadway.a
	$(Q)for fuzz in tests/fuzz/run.sh tests/fuzz/url/run.sh; do BIN=$(abspath $(R)) $$fuzz --build-only || [ $$? -eq 77 ]; done

check-quick: check-bin
	$(Q)BIN=$(abspath $(R)) tests/run.sh $(SCRIPTS) $(PROC_BIN) $(TSAN_BIN) $(UNIT_BIN)

check-long: need-long
	$(Q)$(MAKE) --no-print-directory all $(PROC_BIN) $(TSAN_BIN) $(UNIT_SRC:%.c=$(BUILD)/asan/%)
	$(Q)BIN=$(abspath $(R)) tests/long.sh $(R)

lint:
	$(Q)tests/lint.sh --all

format:
	$(Q)git ls-files '*.c' '*.h' | xargs $$(command -v clang-format-14 || echo clang-format) -i

# The binary interface that tests/abi holds the library against.
abi: $(SO)
	$(Q)abidw --header-file lib/headway.h --drop-private-types --exported-interfaces-only --no-show-locs \
		--no-corpus-path --no-comp-dir-path --no-elf-needed --no-parameter-names \
		--no-write-default-sizes --type-id-style hash --out-file lib/headway.abi $(SO)

dist:
	git archive --prefix=headway-$(VERSION)/ -o headway-$(VERSION).tar.gz HEAD

help:
	@echo 'make all         libraries and programs into $(BUILD)/release'
	@echo 'make demo        a real pipeline, watched (installs what is missing)'
	@echo 'make check       all tests that a change must pass (installs what is missing)'
	@echo 'make check-long  the proofs in full'
	@echo 'make bench       Headway beside its floors and peers; make bench-plot: its figures into the documents'
	@echo 'make bench-many  a simulation of many cores; make bench-smoke: see that the benches work'
	@echo 'make lint        the house rules; make format: the layout of the code'
	@echo 'make install     PREFIX=/usr/local DESTDIR=; make uninstall'
	@echo 'make abi         lib/headway.abi anew, after a change of the binary interface that was meant'
	@echo 'make deps        what build and tests need, with apt-get; make dist: a tarball'
	@echo 'V=1 shows commands, WERROR=1 makes warnings errors; CFLAGS and LDFLAGS are yours'

# ---- benchmarks ----------------------------------------------------------------------------------
# A peer that is not installed is left out: its header and its pkg-config file are looked for.
BENCH_PEERS := $(shell for p in lmdb sqlite3 hiredis jansson libcjson liburcu-memb ck; do \
	pkg-config --exists $$p 2>/dev/null && printf '%s ' $$p; done)
BENCH_LIBS  := $(if $(BENCH_PEERS),$(shell pkg-config --libs $(BENCH_PEERS)))
BENCH_BIN   := $(BENCH_SRC:%.c=$(R)/%) $(R)/bench/http-bare $(R)/bench/http-many \
	$(if $(shell command -v go),$(R)/bench/peer-go $(R)/bench/http-go)
BENCH_RUN   := BIN=$(abspath $(R)) bench/run.sh $(BENCH_SRC:%.c=$(R)/%) bench/bench_http.sh
bench_tries_LDFLAGS := -Wl,--wrap=hw__version_copy

# Changes when peers come or go, so that their sides are compiled again.
$(R)/bench/peers: always
	@mkdir -p $(@D)
	@printf '%s\n' '$(BENCH_PEERS)' | cmp -s - $@ || printf '%s\n' '$(BENCH_PEERS)' > $@

$(R)/bench/peer-go: bench/go/main.go
$(R)/bench/http-go: bench/http/main.go
$(R)/bench/peer-go $(R)/bench/http-go:
	$(call say,GO,$@)
	@mkdir -p $(@D)
	$(Q)GO111MODULE=off GOCACHE=$(abspath $(BUILD))/go-cache go build -o $@ $<

$(R)/bench/http-bare: bench/http/bare.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(OUR_CPPFLAGS) $(CFLAGS) $(OUR_CFLAGS) $(LDFLAGS) -o $@ $< $(MHD_LIBS)

$(R)/bench/http-many: bench/http/many.c $(R)/libheadway.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(OUR_CPPFLAGS) $(CFLAGS) $(OUR_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)

bench: need-bench
	$(Q)$(MAKE) --no-print-directory all bench-bin
	$(Q)$(BENCH_RUN)

bench-smoke: all bench-bin
	$(Q)BENCH_SMOKE=1 $(BENCH_RUN)

bench-bin: $(BENCH_BIN)

# The last run's figures, as a drawing and as the table in the document.
bench-plot:
	$(Q)bench/publish.sh $(R)/bench/results

bench-many: $(R)/bench/many
	$(Q)$(R)/bench/many

$(R)/bench/many: bench/many/many.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(OUR_CPPFLAGS) $(CFLAGS) $(OUR_CFLAGS) $(LDFLAGS) -o $@ $< -lm

# ---- what must be on the machine -----------------------------------------------------------------
DEPS_BUILD := gcc make libc6-dev pkg-config liburcu-dev libck-dev libmicrohttpd-dev libncurses-dev zlib1g-dev \
	libseccomp-dev curl jq
# A,B: the first of them that this release of the system has.
DEPS_CHECK := $(DEPS_BUILD) libcriterion-dev golang-go jq strace tmux mandoc g++ clang-format-14,clang-format shellcheck spin tcc clang \
	libclang-rt-dev,libclang-rt-14-dev abigail-tools slowhttptest binutils procps iproute2 util-linux locales \
	python3 nodejs chromium-driver,webkit2gtk-driver
# Their installation would start a service: unpacked only, into a folder that `make clean` leaves.
UNPACKED     := .deps
UNPACK_CHECK := promtool,prometheus prometheus
DEPS_BENCH := $(DEPS_CHECK) liblmdb-dev libsqlite3-dev redis-server libhiredis-dev libjansson-dev \
	libcjson-dev wrk nginx-light

DEPS_LONG  := $(DEPS_CHECK) gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user

need-long:
	$(Q)tests/deps.sh --missing-only $(DEPS_LONG)
need-build:
	$(Q)tests/deps.sh --missing-only $(DEPS_BUILD)
need-check:
	$(Q)tests/deps.sh --missing-only $(DEPS_CHECK)
	$(Q)tests/deps.sh --unpack $(UNPACKED) $(UNPACK_CHECK)
need-bench:
	$(Q)tests/deps.sh --missing-only $(DEPS_BENCH)
deps:
	$(Q)tests/deps.sh $(DEPS_CHECK)
	$(Q)tests/deps.sh --unpack $(UNPACKED) $(UNPACK_CHECK)

# ---- install ---------------------------------------------------------------------------------
SHELLS    := bash zsh fish
man_of     = $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(1)))
# A page about several calls is found by the name of each.
links_of   = $(filter-out $(basename $(notdir $(1))),$(shell sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' $(1)))
bash_FILE := $(PREFIX)/share/bash-completion/completions/headway
zsh_FILE  := $(PREFIX)/share/zsh/site-functions/_headway
fish_FILE := $(PREFIX)/share/fish/vendor_completions.d/headway.fish

install: all
	install -d -m 755 $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(SBINDIR)
	install -m 644 lib/headway.h $(DESTDIR)$(INCDIR)/headway.h
	install -m 644 $(R)/libheadway.a $(DESTDIR)$(LIBDIR)/libheadway.a
	install -m 755 $(SO) $(DESTDIR)$(LIBDIR)/$(notdir $(SO))
	ln -sf $(notdir $(SO)) $(DESTDIR)$(LIBDIR)/libheadway.so.$(SOMAJOR)
	ln -sf libheadway.so.$(SOMAJOR) $(DESTDIR)$(LIBDIR)/libheadway.so
	sed -e 's|@prefix@|$(PREFIX)|' -e 's|@libdir@|$(LIBDIR)|' -e 's|@includedir@|$(INCDIR)|' \
		-e 's|@version@|$(VERSION)|' -e 's|@libs@|$(LIB_LIBS)|' lib/headway.pc.in \
		| install -m 644 /dev/stdin $(DESTDIR)$(LIBDIR)/pkgconfig/headway.pc
	$(if $(TOOL_SRC),install -m 755 $(R)/headway $(DESTDIR)$(BINDIR)/headway)
	$(if $(HTTPD_SRC),install -m 755 $(R)/headway-httpd $(DESTDIR)$(SBINDIR)/headway-httpd)
	$(foreach s,$(if $(TOOL_SRC),$(SHELLS)),install -d $(DESTDIR)$(dir $($(s)_FILE)) && \
		$(R)/headway completion $(s) | install -m 644 /dev/stdin $(DESTDIR)$($(s)_FILE) &&) true
	$(foreach d,$(sort $(foreach m,$(MAN),$(call man_of,$(m)))),install -d $(d) && \
		install -m 644 -t $(d) $(foreach m,$(MAN),$(if $(filter $(d),$(call man_of,$(m))),$(m))) &&) true
	$(foreach m,$(filter %.3,$(MAN)),$(foreach n,$(call links_of,$(m)),ln -sf $(notdir $(m)) $(call man_of,$(m))/$(n).3 &&)) true
	install -d $(DESTDIR)$(UNITDIR)
	$(foreach u,$(UNITS),sed -e 's|/usr/local/sbin/|$(SBINDIR)/|' -e 's|/usr/local/bin/|$(BINDIR)/|' $(u) \
		| install -m 644 /dev/stdin $(DESTDIR)$(UNITDIR)/$(notdir $(u)) &&) true
	install -D -m 644 tools/cmd/headway.sysusers $(DESTDIR)$(SYSUSERS)/headway.conf
	install -D -m 644 tools/cmd/headway.tmpfiles $(DESTDIR)$(TMPFILES)/headway.conf

uninstall:
	$(foreach s,$(SHELLS),rm -f $(DESTDIR)$($(s)_FILE);)
	rm -f $(DESTDIR)$(INCDIR)/headway.h $(DESTDIR)$(LIBDIR)/libheadway.a $(DESTDIR)$(LIBDIR)/libheadway.so* \
		$(DESTDIR)$(LIBDIR)/pkgconfig/headway.pc $(DESTDIR)$(BINDIR)/headway $(DESTDIR)$(SBINDIR)/headway-httpd
	rm -f $(foreach m,$(MAN),$(call man_of,$(m))/$(notdir $(m))) \
		$(foreach m,$(filter %.3,$(MAN)),$(foreach n,$(call links_of,$(m)),$(call man_of,$(m))/$(n).3))
	rm -f $(foreach u,$(UNITS),$(DESTDIR)$(UNITDIR)/$(notdir $(u))) $(DESTDIR)$(SYSUSERS)/headway.conf \
		$(DESTDIR)$(TMPFILES)/headway.conf

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
